import type { SegmentationAnswer, SegmentationQuery } from "@shale/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import { firstMs, someEvent, someSegmentation } from "../../test/arbitrary-events.ts";
import { ask, logOf, withoutMeta } from "../../test/ask.ts";
import { plainSegmentation } from "../../test/plain-answers.ts";

const testLong = process.env["SHALE_TEST_LONG"] === "1";
const october = { kind: "segmentation", from: "2026-10-24", to: "2026-10-26", unit: "day" };

async function segmentation(events: readonly TestEvent[], query: object) {
  const answer = (await ask(await logOf(events), { ...october, ...query })) as SegmentationAnswer;
  return answer;
}

function at(hour: number, user: string, properties: TestEvent["properties"] = {}): TestEvent {
  return { event: "view", user, atMs: firstMs + hour * 3_600_000, properties };
}

describe("a segmentation", () => {
  it("counts events, and users other than nobody, by day and over the range", async () => {
    const events = [at(0, "a"), at(1, "a"), at(30, "a"), at(31, "b"), at(32, ""), at(99, "c")];
    const series = [
      { select: { event: "view" }, measure: "total" },
      { select: {}, measure: "unique", label: "people" },
    ];
    const answer = await segmentation(events, { series });
    expect(withoutMeta(answer)).toEqual({
      kind: "segmentation",
      intervals: ["2026-10-24", "2026-10-25"],
      series: [
        { label: "view", overall: { values: [2, 3], range: 5 } },
        { label: "people", overall: { values: [1, 2], range: 2 } },
      ],
    });
    expect(answer.meta).toMatchObject({
      asOf: "2026-11-01T00:00:00.000Z",
      spec: "A",
      timezone: "UTC",
      stats: { shards: 4, rowsScanned: 5, skipped: 0, historyFrom: "2026-10-24" },
    });
  });

  it("counts the rest as one segment, not as a sum of segments", async () => {
    const events = [
      at(0, "u1", { country: "US" }),
      at(0, "u1", { country: "CA" }),
      at(0, "u1", { country: "FR" }),
      at(0, "u2", { country: "CA" }),
    ];
    const series = [{ select: {}, measure: "unique" }];
    const answer = await segmentation(events, { series, by: ["country"], limit: 1, unit: "range" });
    expect(answer.series[0]).toEqual({
      label: "any event",
      overall: { values: [2], range: 2 },
      segments: [
        { by: ["CA"], values: [2], range: 2 },
        { by: [], other: true, values: [1], range: 1 },
      ],
    });
  });

  it("counts an event of several listed values once in each, and once in the rest", async () => {
    const events = [at(0, "a", { tags: ["x", "y", "x"] }), at(0, "b", { tags: ["y", "z"] })];
    const series = [{ select: {}, measure: "total" }];
    const query = { series, by: ["tags"], unit: "range" };
    const whole = await segmentation(events, query);
    expect(whole.series[0]!.segments).toEqual([
      { by: ["y"], values: [2], range: 2 },
      { by: ["x"], values: [1], range: 1 },
      { by: ["z"], values: [1], range: 1 },
    ]);
    const cut = await segmentation([...events, at(0, "c", { tags: ["x", "z"] })], {
      ...query,
      limit: 1,
    });
    expect(cut.series[0]!.segments).toEqual([
      { by: ["x"], values: [2], range: 2 },
      { by: [], other: true, values: [3], range: 3 },
    ]);
    expect(cut.series[0]!.overall).toEqual({ values: [3], range: 3 });
  });

  it("keeps the types of values, and orders equals: null, booleans, numbers, texts", async () => {
    const values = ["1", 1, true, false, undefined, [], "\u{1f600}", "\uffff"];
    const events = values.map((p) => at(0, "a", p === undefined ? {} : { p }));
    const series = [{ select: {}, measure: "total" }];
    const answer = await segmentation(events, { series, by: ["p"] });
    expect(answer.series[0]!.segments!.map(({ by }) => by[0])).toEqual([
      null,
      false,
      true,
      1,
      "1",
      "\uffff",
      "\u{1f600}",
    ]);
    expect(answer.series[0]!.segments![0]!.range).toBe(2);
  });

  it("names a bucket by its lower edge, and everything outside of them null", async () => {
    const events = [-1, 0, 9.9, 10, 99, 100, "5", [5, 50, 6]].map((p) => at(0, "a", { p }));
    const series = [{ select: {}, measure: "total" }];
    const by = [{ property: "p", buckets: [0, 10, 100] }];
    const answer = await segmentation(events, { series, by, unit: "range" });
    expect(answer.series[0]!.segments).toEqual([
      { by: [null], values: [3], range: 3 },
      { by: [0], values: [3], range: 3 },
      { by: [10], values: [3], range: 3 },
    ]);
  });

  it("lists a segment that only nobody has, and none without an event", async () => {
    const events = [at(0, "", { p: "x" }), at(0, "a", { p: "y" }), at(99, "a", { p: "z" })];
    const series = [{ select: {}, measure: "unique" }];
    const answer = await segmentation(events, { series, by: ["p"], unit: "range" });
    expect(answer.series[0]!.segments).toEqual([
      { by: ["y"], values: [1], range: 1 },
      { by: ["x"], values: [0], range: 0 },
    ]);
    expect((await segmentation([], { series, by: ["p"] })).series).toEqual([
      { label: "any event", overall: { values: [0, 0], range: 0 }, segments: [] },
    ]);
  });

  it("gives both hours of an autumn night their own count", async () => {
    const events = [23.5, 24.5, 24.6, 25.5].map((hour) => at(hour, "a"));
    const answer = await segmentation(events, {
      from: firstMs + 23 * 3_600_000,
      to: firstMs + 26 * 3_600_000,
      unit: "hour",
      timezone: "Europe/Berlin",
      series: [{ select: {}, measure: "total" }],
    });
    expect(answer.intervals).toEqual([
      "2026-10-25T01:00:00+02:00",
      "2026-10-25T02:00:00+02:00",
      "2026-10-25T02:00:00+01:00",
    ]);
    expect(answer.series[0]!.overall.values).toEqual([1, 2, 1]);
  });

  it("counts an event that was sent twice once", async () => {
    const twice = { ...at(0, "a"), insertId: "i" };
    const series = [{ select: {}, measure: "total" }];
    const answer = await segmentation([twice, twice, at(0, "a")], { series });
    expect(answer.series[0]!.overall).toEqual({ values: [2, 0], range: 2 });
    expect(answer.meta.stats.rowsScanned).toBe(3);
  });

  it("keeps answers exact when segments are too many to hold by interval", async () => {
    const events = Array.from({ length: 3000 }, (_, index) =>
      at(index % 40, `u${index % 700}`, { page: `p${(index * 7) % 900}` }),
    );
    const query = {
      kind: "segmentation" as const,
      from: firstMs - 30 * 86_400_000,
      to: firstMs + 2 * 86_400_000,
      unit: "minute" as const,
      by: ["page"],
      limit: 2,
      series: [
        { select: {}, measure: "total" as const },
        { select: {}, measure: "unique" as const },
      ],
    };
    const log = await logOf(events);
    const short = await ask(log, { ...query, from: firstMs, unit: "range" });
    const long = await ask(log, query);
    expect(long).toMatchObject({ series: [{}, {}] });
    const ranges = (answer: typeof long): unknown =>
      (answer as SegmentationAnswer).series.map(({ overall, segments }) => [
        overall.range,
        segments!.map(({ by, range }) => [by, range]),
      ]);
    expect(ranges(long)).toEqual(ranges(short));
    for (const { segments } of (long as SegmentationAnswer).series.slice(0, 1)) {
      for (const { values, range } of segments!) {
        expect(values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(range);
      }
    }
  });

  it("agrees with a plain count, with any number of shards", async () => {
    const property = fc.asyncProperty(
      fc.array(someEvent, { maxLength: 40 }),
      fc.array(someSegmentation, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(1, 3, 70),
      async (events, queries, shards) => {
        const log = await logOf(events, shards);
        for (const query of queries) {
          const answer = await ask(log, query);
          const plain = plainSegmentation(events, query as SegmentationQuery);
          expect(withoutMeta(answer)).toEqual(plain);
        }
      },
    );
    await fc.assert(property, { numRuns: testLong ? 1500 : 60 });
  });
});
