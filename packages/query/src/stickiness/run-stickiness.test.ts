import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import { ask, logOf, withoutMeta } from "../../test/ask.ts";

const HOUR_MS = 3_600_000;
const march = Date.UTC(2026, 2, 1);

function views(user: string, hours: readonly number[]): TestEvent[] {
  return hours.map((hour) => ({ event: "view", user, atMs: march + hour * HOUR_MS }));
}

async function stickiness(events: readonly TestEvent[], query: object) {
  const range = { from: "2026-03-01", to: "2026-03-04", unit: "day", select: { event: "view" } };
  return withoutMeta(await ask(await logOf(events), { kind: "stickiness", ...range, ...query }));
}

describe("a stickiness", () => {
  const events = [
    ...[views("a", [1, 2, 30, 50, 51, 52]), views("b", [3]), views("c", [30, 60])].flat(),
    ...views("", [1, 30, 60]),
    ...views("d", [-1, 72]),
    { event: "buy", user: "e", atMs: march },
  ];

  it("counts users by the number of intervals in which they are active", async () => {
    expect(await stickiness(events, {})).toEqual({
      kind: "stickiness",
      intervalCount: 3,
      users: [1, 1, 1],
    });
    expect(await stickiness(events, { mode: "atLeast" })).toMatchObject({ users: [3, 2, 1] });
  });

  it("may ask for several events in an interval", async () => {
    expect(await stickiness(events, { minEvents: 2 })).toMatchObject({ users: [0, 1, 0] });
    expect(await stickiness(events, { minEvents: 3 })).toMatchObject({ users: [1, 0, 0] });
    expect(await stickiness(events, { minEvents: 4 })).toMatchObject({ users: [0, 0, 0] });
  });

  it("cuts the range into the calendar intervals of its zone", async () => {
    const week = { unit: "week" }; // March 1 of 2026 is a Sunday.
    expect(await stickiness(events, week)).toMatchObject({ intervalCount: 2, users: [2, 1] });
    const sunday = { unit: "week", weekStart: "sunday" };
    expect(await stickiness(events, sunday)).toMatchObject({ intervalCount: 1, users: [3] });
  });

  it("refuses what it cannot hold", async () => {
    const many = Array.from({ length: 500 }, (_, user) => views(`user ${user}`, [1])).flat();
    const query = { kind: "stickiness", unit: "day", select: {}, from: march, to: march + 1 };
    const asked = ask(await logOf(many), query, { memoryBytesMax: 100 });
    await expect(asked).rejects.toMatchObject({ code: "MEMORY_EXCEEDED" });
  });
});
