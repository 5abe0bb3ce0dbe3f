import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import { ask, logOf, withoutMeta } from "../../test/ask.ts";

const HOUR_MS = 3_600_000;
const march = Date.UTC(2026, 2, 1);

/** A view of the user at noon of some days of March, or at other hours. */
function views(user: string, days: readonly number[], hour = 12): TestEvent[] {
  return days.map((day) => {
    return { event: "view", user, atMs: march + (day - 1) * 24 * HOUR_MS + hour * HOUR_MS };
  });
}

async function lifecycle(events: readonly TestEvent[], query: object) {
  const asked = { kind: "lifecycle", unit: "day", select: { event: "view" }, ...query };
  return withoutMeta(await ask(await logOf(events), asked));
}

describe("a lifecycle", () => {
  it("tells new users from those that come again, come back, or stay away", async () => {
    const events = [
      ...views("a", [1, 2, 5]),
      ...views("b", [2, 3, 4, 5, 6]),
      ...views("", [1, 2, 3]),
      { event: "buy", user: "c", atMs: march },
    ];
    expect(await lifecycle(events, { from: "2026-03-01", to: "2026-03-07" })).toEqual({
      kind: "lifecycle",
      intervals: [1, 2, 3, 4, 5, 6].map((day) => `2026-03-0${day}`),
      new: [1, 1, 0, 0, 0, 0],
      returning: [0, 1, 1, 1, 1, 1],
      resurrecting: [0, 0, 0, 0, 1, 0],
      dormant: [0, 0, 1, 0, 0, 1],
    });
  });

  it("looks at the whole history, and at the interval before the range", async () => {
    const events = [...views("a", [2, 5]), ...views("b", [3, 4]), ...views("c", [3])];
    expect(await lifecycle(events, { from: "2026-03-04", to: "2026-03-07" })).toMatchObject({
      new: [0, 0, 0],
      returning: [1, 0, 0],
      resurrecting: [0, 1, 0],
      dormant: [1, 1, 1],
    });
  });

  it("counts of the first interval only what is in the range", async () => {
    const events = [...views("a", [4], 1), ...views("a", [4], 13), ...views("b", [4], 1)];
    const range = { from: "2026-03-04T12:00:00Z", to: "2026-03-06" };
    // Both were known by noon; only a is active in what is left of the day.
    expect(await lifecycle(events, range)).toMatchObject({
      intervals: ["2026-03-04", "2026-03-05"],
      new: [0, 0],
      returning: [0, 0],
      resurrecting: [1, 0],
      dormant: [0, 1],
    });
  });

  it("follows the days of its zone", async () => {
    // 04:30 UTC is still the day before in New York.
    const events = [...views("a", [2], 4.5), ...views("a", [2], 12)];
    const range = { from: "2026-03-01", to: "2026-03-03" };
    expect(await lifecycle(events, range)).toMatchObject({ new: [0, 1], returning: [0, 0] });
    expect(await lifecycle(events, { ...range, timezone: "America/New_York" })).toMatchObject({
      new: [1, 0],
      returning: [0, 1],
    });
  });

  it("refuses what it cannot hold", async () => {
    const events = Array.from({ length: 500 }, (_, user) => views(`user ${user}`, [1])).flat();
    const query = { kind: "lifecycle", unit: "day", select: {}, from: march, to: march + 1 };
    const asked = ask(await logOf(events), query, { memoryBytesMax: 100 });
    await expect(asked).rejects.toMatchObject({ code: "MEMORY_EXCEEDED" });
  });
});
