import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@shale/engine";
import type { EventInput, PropertyValue, SegmentationAnswer } from "@shale/model";
import { DAY_MS } from "@shale/model";
import { arbitraryEvents } from "@shale/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { duckdbSums, shownSums, sumsOf } from "./duckdb-sums.test-support.ts";
import { collect, isLong, NEVER_MS } from "./engine-process.test-support.ts";

const scratch = mkdtempSync(join(tmpdir(), "shale-duckdb-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Names that collide ignoring case, with columns of the file, or with how those are escaped. */
const ODD_NAMES = [
  ...["price", "Price", "PRICE", "time", "user_id", "Event", "spec", "rest:json", "p:price"],
  ...["", " ", 'a"b', "a'b", "a.b", "a:number", "%61", "ü", "Ü", "\u{1F600}", "__proto__", "\n"],
  ...["constructor", "seq", "day", "x".repeat(200)],
];
const oddNames = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...ODD_NAMES) },
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const values: fc.Arbitrary<PropertyValue> = fc.oneof(
  { weight: 5, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 5, arbitrary: fc.integer({ min: -1e9, max: 1e9 }) },
  fc.constantFrom(0, -0, 0.1, 2 ** 53 - 1, 5e-324, 1.7976931348623157e308, "7", "", true, null),
  fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 2 }),
);
/** Random events whose properties have odd names. */
const oddEvents = fc
  .tuple(
    arbitraryEvents({ count: 30 }),
    fc.array(fc.dictionary(oddNames, values, { maxKeys: 6 }), { minLength: 1, maxLength: 12 }),
  )
  .map(([events, properties]) =>
    events.map(
      (event, i): EventInput => ({ ...event, properties: properties[i % properties.length]! }),
    ),
  );

/** By day, what the engine answers; days with nothing left out. */
function byDay({ intervals }: SegmentationAnswer, series: readonly (number | null)[]) {
  const days = intervals.map((text, i) => [Date.parse(text) / DAY_MS, series[i] ?? 0] as const);
  return new Map(days.filter(([, value]) => value > 0));
}

test("DuckDB counts and sums the day files to what the engine and its export say", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(oddEvents, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      async (appends, shards) => {
        const root = join(scratch, String(runs++));
        const store = await openStore({
          ...{ root, flushIntervalMs: NEVER_MS, compaction: "off", workerCount: 0 },
        });
        const project = await store.project("p", { shards });
        for (const events of appends) {
          await project.append(events);
          await project.flush();
          await project.compact({ mode: "due" });
        }
        await project.compact();
        const { files = [] } = await project.status({ files: true });
        expect(files.filter(({ kind }) => kind === "tail")).toEqual([]);
        const found = await duckdbSums(
          root,
          files.map(({ key }) => key),
        );
        const exported = await collect(project.events());
        expect(shownSums(found)).toEqual(shownSums(sumsOf(exported)));
        const answer = await project.query({
          ...{ kind: "segmentation", unit: "day", from: "2025-10-20", to: "2025-11-05" },
          series: [
            { select: {}, measure: "total" },
            { select: {}, measure: "unique" },
          ],
        });
        const [totals, uniques] = answer.series.map((one) => byDay(answer, one.overall.values));
        expect(shownSums({ ...found, events: totals!, users: uniques! })).toEqual(shownSums(found));
        await store.close();
        rmSync(root, { recursive: true });
      },
    ),
    { numRuns: isLong ? 150 : 15 },
  );
}, 1_800_000);
