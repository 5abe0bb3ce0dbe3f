import type { Cohort, FunnelQuery } from "@shale/model";
import { createTailCache } from "@shale/scan";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import type { Log } from "../../test/ask.ts";
import { ask, logOf } from "../../test/ask.ts";

const DAY = 86_400_000;
const asOf = Date.UTC(2026, 9, 15);

/** One event for each letter: days before asOf, and who. */
function eventsOf(...sent: readonly [user: string, event: string, daysAgo: number][]): TestEvent[] {
  return sent.map(([user, event, daysAgo]) => ({ user, event, atMs: asOf - daysAgo * DAY }));
}

const events = eventsOf(
  ["u1", "buy", 1],
  ["u1", "buy", 2],
  ["u1", "view", 40],
  ["u2", "buy", 40],
  ["u2", "view", 1.5],
  ["u2", "view", 3.5],
  ["u3", "view", 0.5],
  ["u3", "view", 0.6],
  ["", "buy", 1],
  ["u4", "later", -1],
);

/** Who is in a cohort, of the users with an event in the last days. */
async function membersOf(log: Log, cohort: Cohort, options = {}): Promise<unknown[]> {
  const query = {
    kind: "segmentation",
    unit: "range",
    from: asOf - 100 * DAY,
    to: asOf + 100 * DAY,
    asOf,
    where: { cohort },
    by: ["$user_id"],
    series: [{ select: {}, measure: "total" }],
  };
  const answer = await ask(log, query, options);
  if (answer.kind !== "segmentation") throw new Error(answer.kind);
  return (answer.series[0]?.segments ?? []).map(({ by }) => by[0]).sort();
}

describe("a filter on a cohort", () => {
  const buy = { event: "buy" };
  const cases: [string, Cohort, string[]][] = [
    ["who did it once", { did: buy }, ["u1", "u2"]],
    ["who did it in a window", { did: buy, within: "7d" }, ["u1"]],
    ["the start of a window is in it", { did: buy, within: "2d", times: gte(2) }, ["u1"]],
    ["who did it a number of times", { did: buy, times: { op: "eq", value: 2 } }, ["u1"]],
    ["never is at most once", { did: buy, times: { op: "lte", value: 1 } }, ["u2", "u3", "u4"]],
    ["who did not", { not: { did: buy } }, ["u3", "u4"]],
    ["who did not in a window", { not: { did: buy, within: "7d" } }, ["u2", "u3", "u4"]],
    ["what comes behind asOf is in no window", { did: { event: "later" }, within: "7d" }, []],
    ["without a window it counts", { did: { event: "later" } }, ["u4"]],
    ["whose first time it was", { firstTime: { event: "view" }, within: "7d" }, ["u2", "u3"]],
    ["whose first time was not long before", { firstTime: buy, within: "7d" }, ["u1"]],
    ["active on days", { active: {}, days: 2, of: 4 }, ["u1", "u2"]],
    ["all of several", { all: [{ did: buy }, { did: { event: "view" }, within: "7d" }] }, ["u2"]],
    ["who came through a funnel", { funnel: funnelOf("60d") }, ["u1"]],
    ["who came to its first step", { funnel: funnelOf("1h"), reached: 1 }, ["u1", "u2", "u3"]],
    ["who dropped at a step", { funnel: funnelOf("1h"), droppedAt: 2 }, ["u1", "u2", "u3"]],
    ["who may still go on did not drop", { funnel: funnelOf("60d"), droppedAt: 2 }, []],
    ["who did not come through", { not: { funnel: funnelOf("60d") } }, ["u2", "u3", "u4"]],
    [
      "a funnel of long ago, and what was done of late",
      { any: [{ funnel: funnelOf("60d") }, { did: { event: "view" }, within: "18h" }] },
      ["u1", "u3"],
    ],
    ["everyone", { all: [] }, ["u1", "u2", "u3", "u4"]],
    ["nobody", { any: [] }, []],
    [
      "a cohort within a cohort",
      { did: { event: "view", where: { cohort: { did: buy } } }, within: "7d" },
      ["u2"],
    ],
  ];
  it.each(cases)("%s", async (_, cohort, users) => {
    expect(await membersOf(await logOf(events), cohort)).toEqual(users);
  });

  it("knows users of a table that began anew between two scans", async () => {
    const log = await logOf(events, 1);
    // No room for dictionaries: each scan makes its own.
    for (const [, cohort, users] of cases) {
      const cache = createTailCache({ bytesMax: 0 });
      expect(await membersOf(log, cohort, { cache })).toEqual(users);
    }
  });

  it("takes from the memory of its query", async () => {
    const log = await logOf(events);
    const asked = membersOf(log, { did: buy }, { memoryBytesMax: 1 });
    await expect(asked).rejects.toMatchObject({ code: "MEMORY_EXCEEDED" });
  });
});

/** From a view to a purchase. */
function funnelOf(window: "60d" | "1h"): FunnelQuery {
  const steps = [{ event: "view" }, { event: "buy" }];
  return { kind: "funnel", from: asOf - 100 * DAY, to: asOf, window, steps };
}

function gte(value: number) {
  return { op: "gte", value } as const;
}
