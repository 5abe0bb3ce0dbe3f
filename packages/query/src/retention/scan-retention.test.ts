import type { RetentionAnswer } from "@shale/model";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import { ask, logOf } from "../../test/ask.ts";

const startMs = Date.UTC(2026, 9, 1);
const HOUR_MS = 3_600_000;
const october = {
  kind: "retention",
  from: "2026-10-01",
  to: "2026-10-02",
  unit: "day",
  birth: { event: "join" },
  return: { event: "view" },
  buckets: 3,
};

function at(
  event: string,
  hour: number,
  user = "a",
  properties: TestEvent["properties"] = {},
): TestEvent {
  return { event, user, atMs: startMs + hour * HOUR_MS, properties };
}

async function retention(events: readonly TestEvent[], query: object = {}) {
  const answer = await ask(await logOf(events), { ...october, ...query });
  return answer as RetentionAnswer;
}

function countsOf({ cohorts }: Pick<RetentionAnswer, "cohorts">): number[][] {
  return cohorts.map(({ size, buckets }) => [size, ...buckets.map(({ count }) => count)]);
}

describe("a retention", () => {
  it("says how many of each cohort returned, and what is not known yet", async () => {
    const events = [
      ...[at("join", 1), at("view", 2), at("view", 30)],
      ...[at("join", 3, "b"), at("join", 30, "c"), at("view", 60, "c")],
      ...[at("join", 5, ""), at("view", 6, "")],
    ];
    const answer = await retention(events, { to: "2026-10-04", asOf: "2026-10-05", buckets: 2 });
    expect(answer).toMatchObject({
      kind: "retention",
      mode: "on",
      clock: "rolling",
      brackets: [
        [0, 0],
        [1, 1],
      ],
      cohorts: [
        {
          interval: "2026-10-01",
          size: 2,
          buckets: [
            { count: 1, rate: 0.5, complete: true },
            { count: 1, rate: 0.5, complete: true },
          ],
        },
        {
          interval: "2026-10-02",
          size: 1,
          buckets: [
            { count: 0, rate: 0, complete: true },
            { count: 1, rate: 1, complete: true },
          ],
        },
        {
          interval: "2026-10-03",
          size: 0,
          buckets: [
            { count: 0, rate: null, complete: true },
            { count: 0, rate: null, complete: false },
          ],
        },
      ],
      average: [{ rate: 1 / 3 }, { rate: 2 / 3 }],
      meta: { asOf: "2026-10-05T00:00:00.000Z", stats: { historyFrom: "2026-10-01", shards: 4 } },
    });
    expect(answer).not.toHaveProperty("segments");
  });

  it("counts each bucket of each cohort that is still open", async () => {
    const views = [12, 25, 36, 49, 60, 73].map((hour) => at("view", hour));
    const one = await retention([at("join", 0), ...views], { buckets: 4 });
    expect(countsOf(one)).toEqual([[1, 1, 1, 1, 1]]);
    const joins = [0, 24, 48].map((hour) => at("join", hour));
    const three = await retention([...joins, ...views], { to: "2026-10-04", buckets: 4 });
    expect(countsOf(three)).toEqual([
      [1, 1, 1, 1, 1],
      [1, 1, 1, 1, 0],
      [1, 1, 1, 0, 0],
    ]);
  });

  it("takes the time of the query as now, unless it says another", async () => {
    const events = [at("join", 1), at("view", 2)];
    const log = await logOf(events);
    const query = { ...october, buckets: 1 };
    const cells = [];
    for (const nowMs of [startMs + 48 * HOUR_MS - 1, startMs + 48 * HOUR_MS]) {
      const { cohorts } = (await ask(log, query, { nowMs })) as RetentionAnswer;
      cells.push(cohorts[0]!.buckets[0]!.complete);
    }
    expect(cells).toEqual([false, true]);
  });

  it("never takes a birth for a return, nor what comes before it in the same millisecond", async () => {
    const same = { event: "join", user: "a", atMs: startMs };
    const twice = [
      { ...same, insertId: "i1" },
      { ...same, insertId: "i2" },
    ];
    const query = { return: {}, buckets: 1 };
    expect(countsOf(await retention(twice.slice(1), query))).toEqual([[1, 0]]);
    expect(countsOf(await retention(twice, query))).toEqual([[1, 1]]);
    // By name, "buy" comes before "join", and "view" after it.
    expect(countsOf(await retention([at("buy", 0), at("join", 0)], query))).toEqual([[1, 0]]);
    expect(countsOf(await retention([at("view", 0), at("join", 0)], query))).toEqual([[1, 1]]);
  });

  it("counts a user in each cohort of a birth, or in one", async () => {
    const events = [
      at("join", -30, "a", { plan: "free" }),
      ...[at("join", 1, "a", { plan: "pro" }), at("join", 25, "a", { plan: "pro" })],
      ...[at("open", 1, "b"), at("join", 26, "b", { plan: "pro" }), at("view", 27, "b")],
    ];
    const range = { to: "2026-10-03", buckets: 1 };
    const sizes = async (query: object): Promise<number[]> =>
      (await retention(events, { ...range, ...query })).cohorts.map(({ size }) => size);
    expect(await sizes({})).toEqual([1, 2]);
    expect(await sizes({ cohort: "firstInRange" })).toEqual([1, 1]);
    expect(await sizes({ cohort: "firstEver" })).toEqual([0, 1]);
    const pro = { birth: { event: "join", where: { property: "plan", op: "eq", value: "pro" } } };
    // The filter is asked of the first event, or chooses which one is the first.
    expect(await sizes({ ...pro, cohort: "firstEver" })).toEqual([0, 1]);
    expect(await sizes({ ...pro, cohort: "firstMatching" })).toEqual([1, 1]);
    // Any event: that of b is no "join".
    expect(await sizes({ birth: {}, cohort: "firstEver" })).toEqual([1, 0]);
  });

  it("counts brackets as one bucket each, and what lies between them in no one", async () => {
    const views = [1, 3 * 24, 3 * 24 + 1, 5 * 24].map((hour) => at("view", hour));
    const events = [at("join", 0), ...views];
    const brackets = [
      [0, 0],
      [2, 3],
      [6, 6],
    ];
    const counts = async (query: object) =>
      countsOf(await retention(events, { buckets: undefined, brackets, ...query }))[0];
    expect(await counts({})).toEqual([1, 1, 1, 0]);
    expect(await counts({ minOccurrences: 2 })).toEqual([1, 0, 1, 0]);
    expect(await counts({ mode: "onOrAfter" })).toEqual([1, 1, 1, 0]);
    expect(await counts({ mode: "onOrBefore", minOccurrences: 2 })).toEqual([1, 0, 1, 1]);
    expect(await counts({ mode: "streak" })).toEqual([1, 1, 1, 0]);
    expect(await counts({ mode: "streak", minOccurrences: 2 })).toEqual([1, 0, 0, 0]);
    const inGap = async (mode: string) => {
      const query = { buckets: undefined, brackets, mode };
      return countsOf(await retention([at("join", 0), at("view", 30)], query))[0];
    };
    expect(await inGap("on")).toEqual([1, 0, 0, 0]);
    expect(await inGap("onOrBefore")).toEqual([1, 0, 1, 1]);
    expect(await inGap("onOrAfter")).toEqual([1, 1, 0, 0]);
  });

  it("looks behind the last bucket, up to now, for who returned on or after it", async () => {
    const events = [at("join", 0), at("view", 400), at("view", 401)];
    const query = { mode: "onOrAfter", buckets: 2 };
    for (const clock of ["rolling", "calendar"]) {
      const counts = async (more: object) =>
        countsOf(await retention(events, { ...query, clock, ...more }))[0];
      expect(await counts({})).toEqual([1, 1, 1]);
      expect(await counts({ asOf: startMs + 400 * HOUR_MS })).toEqual([1, 0, 0]);
      expect(await counts({ minOccurrences: 2 })).toEqual([1, 1, 1]);
      // The two views are in one day, and in two hours.
      const hour = { unit: "hour", to: startMs + HOUR_MS, minOccurrences: 2 };
      expect(await counts(hour)).toEqual([1, 0, 0]);
    }
  });

  it("breaks cohorts down by a value of the birth", async () => {
    const events = [
      ...[at("join", 0, "a", { tags: ["x", "y"] }), at("view", 1, "a", { tags: ["z"] })],
      ...[at("join", 0, "b", { tags: ["x"] }), at("join", 1, "c", { tags: ["z"] })],
      at("join", 0, "d"),
    ];
    const { segments } = await retention(events, { by: ["tags"], limit: 1, buckets: 1 });
    expect(segments).toMatchObject([
      { by: ["x"], cohorts: [{ size: 2, buckets: [{ count: 1, rate: 0.5 }] }] },
      { by: [], other: true, cohorts: [{ size: 3, buckets: [{ count: 1 }] }] },
    ]);
    const all = await retention(events, { by: ["tags"], buckets: 1 });
    expect(all.segments!.map(({ by }) => by)).toEqual([["x"], [null], ["y"], ["z"]]);
  });

  it("refuses what it cannot hold, and stops when it is told to", async () => {
    const events = Array.from({ length: 500 }, (_, user) => at("join", 1, `user ${user}`));
    const log = await logOf(events);
    await expect(ask(log, october, { memoryBytesMax: 1000 })).rejects.toMatchObject({
      code: "MEMORY_EXCEEDED",
    });
    await expect(ask(log, october, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    await expect(ask(log, { ...october, to: "2027-10-01", unit: "minute" })).rejects.toMatchObject({
      code: "QUERY_INVALID",
      path: "unit",
    });
  });
});
