import type { Measure } from "@shale/model";
import { shardId } from "@shale/model";
import { createTailCache } from "@shale/scan";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someEvent, someSegmentation } from "../../../test/arbitrary-events.ts";
import type { Log } from "../../../test/ask.ts";
import { logOf } from "../../../test/ask.ts";
import { parseQuery } from "../../index.ts";
import type { ParsedSegmentation } from "../../parse/parsed-query.ts";
import { createQueryGuard } from "../../query-guard.ts";
import type { QueryRun } from "../../query-run.ts";
import { createQueryRun } from "../../query-run.ts";
import { scanSegmentation } from "../scan-segmentation.ts";
import type { SegmentationPart, SegmentationTask } from "../segmentation-part.ts";
import { answerSegmentation } from "./answer-segmentation.ts";

const SHARDS = 5;

const someMeasure = fc.constantFrom<Measure[]>(
  "total",
  "unique",
  "sessions",
  "wau",
  "cumulativeUnique",
  { sum: "p" },
  { avg: "p" },
  { max: "q" },
  { median: "p" },
  { distinct: "q" },
  // biome-ignore lint/suspicious/noThenProperty: the word of the query language
  { perUser: { avg: "p" }, then: { percentile: 75 } },
  // biome-ignore lint/suspicious/noThenProperty: the word of the query language
  { perUser: { distinct: "q" }, then: "sum" },
);

function runOf(log: Log): QueryRun {
  return createQueryRun(log.env, {
    pin: log.pin(),
    cache: createTailCache({ bytesMax: 2 ** 24 }),
    guard: createQueryGuard(log.env, {}),
    memoryBytesMax: 2 ** 28,
    onRows: () => undefined,
  });
}

/** The part of some shards, as a worker would send it. */
async function partOf(
  run: QueryRun,
  parsed: ParsedSegmentation,
  { task, shards }: { readonly task: SegmentationTask; readonly shards: readonly number[] },
): Promise<SegmentationPart> {
  const some = { ...run, scan: scanOf(run, shards) };
  return structuredClone(await scanSegmentation(some, parsed, 0, structuredClone(task)));
}

function scanOf(run: QueryRun, shards: readonly number[]): QueryRun["scan"] {
  const ids = shards.map((shard) => shardId(shard, SHARDS));
  return (options, phase) => run.scan({ ...options, shards: ids }, phase);
}

describe("answerSegmentation()", () => {
  it("does not depend on how shards are grouped into parts, nor on their order", async () => {
    const property = fc.asyncProperty(
      fc.array(someEvent, { maxLength: 50 }),
      someSegmentation,
      fc.array(someMeasure, { minLength: 3, maxLength: 3 }),
      fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: SHARDS }),
      fc.integer({ min: 1, max: 4 }),
      async (events, query, measures, order, cut) => {
        const series = query.series.map((one, i) => ({ ...one, measure: measures[i] }));
        const parsed = parseQuery({ ...query, series });
        if (parsed.kind !== "segmentation") throw new Error("a segmentation");
        const run = runOf(await logOf(events, SHARDS));
        const groupings = [
          [order],
          order.map((one) => [one]),
          [order.slice(cut), order.slice(0, cut)],
        ];
        const answers: string[] = [];
        for (const grouping of groupings) {
          const answer = await answerSegmentation(parsed, 0, async (task) => {
            const parts: SegmentationPart[] = [];
            for (const shards of grouping) parts.push(await partOf(run, parsed, { task, shards }));
            return parts;
          });
          answers.push(JSON.stringify(answer));
        }
        expect(new Set(answers).size).toBe(1);
      },
    );
    await fc.assert(property, { numRuns: process.env["SHALE_TEST_LONG"] === "1" ? 1500 : 40 });
  });

  it("has an answer where no shard was asked", async () => {
    const parsed = parseQuery({
      kind: "segmentation",
      from: "2026-10-01",
      to: "2026-10-03",
      unit: "day",
      by: ["p"],
      series: [
        { select: { event: "buy" }, measure: "total" },
        { select: { event: "buy" }, measure: { avg: "p" } },
      ],
    });
    if (parsed.kind !== "segmentation") throw new Error("a segmentation");
    expect(await answerSegmentation(parsed, 0, async () => [])).toMatchObject({
      series: [
        { overall: { values: [0, 0], range: 0 }, segments: [] },
        { overall: { values: [null, null], range: null }, segments: [] },
      ],
    });
  });
});
