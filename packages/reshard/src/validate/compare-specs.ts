import type { Pin, PinPair } from "@shale/catalog";
import { openPinPair } from "@shale/catalog";
import type { Env } from "@shale/env";
import type { CatalogPosition } from "@shale/format";
import type { Day, ProjectId } from "@shale/model";
import { invariant } from "@shale/model";
import { countDays, createTailCache, listShardDays, runWithPin } from "@shale/scan";
import { compareDay } from "./compare-day.ts";
import type { ComparisonOptions, DayComparison, SpecComparison } from "./comparison.ts";
import { DIFFERENCES_MAX } from "./comparison.ts";
import type { ComparisonJournal } from "./comparison-journal.ts";
import { createComparisonJournal, fingerprintOf } from "./comparison-journal.ts";
import type { RowReading } from "./own-rows.ts";
import { underOwnSignal } from "./own-signal.ts";

/** Of decoded objects that a full comparison keeps: those of its own, and few. */
const FULL_CACHE_BYTES = 67_108_864;

/**
 * Compares the logical rows of two specs at one cut, day by day and generation by generation: their
 * number, their distinct users and their digest over all columns; and the shard of every row that
 * is read (protocol S4). Where a unit differs it goes on to the shard and to the very events.
 *
 * The manifests' sums and counts stand for the rows of shard-days that are settled. They were taken
 * from the objects when these were made, so that only a full comparison sees what an object holds
 * now, and only it proves that the rows of such files are on their shards: the places in an entry
 * tell floor(hash / shards), not the remainder. Generations that files store are compared by it and
 * where manifests answer; otherwise a row's generation follows from the cuts.
 *
 * Holds the rows of the shard-days that a scan reads ahead. An object that goes meanwhile makes it
 * pin again, a few times; days that stayed as they were are not compared again. Call it under a
 * work pin, so that nothing goes.
 *
 * @throws {ShaleError} OPTION_INVALID when a spec cannot be read; PIN_UNSTABLE: repeat it with the
 * same journal; OBJECT_MISSING, OBJECT_CORRUPT: a spec is damaged; what the store throws
 */
export async function compareSpecs(
  env: Env,
  project: ProjectId,
  options: ComparisonOptions,
): Promise<SpecComparison> {
  return await underOwnSignal(options.signal, (signal) =>
    compareUnder(env, project, { ...options, signal }),
  );
}

async function compareUnder(
  env: Env,
  project: ProjectId,
  options: ComparisonOptions,
): Promise<SpecComparison> {
  const { source, target, full = false, signal } = options;
  invariant(source !== target, `two specs are compared, not ${source} with itself`);
  const run: ComparisonRun = {
    env,
    options,
    full,
    cache: full ? createTailCache({ bytesMax: FULL_CACHE_BYTES }) : options.cache,
    journal: options.journal ?? createComparisonJournal(),
    report: progressOf(options),
  };
  return await runWithPin(
    () => openPinPair(env, project, { first: source, second: target, signal }),
    (pair) => comparePair(run, pair),
  );
}

interface ComparisonRun extends Pick<ComparisonOptions, "cache"> {
  readonly env: Env;
  readonly options: ComparisonOptions;
  readonly full: boolean;
  readonly journal: ComparisonJournal;
  report(done: number, total: number): void;
}

/** Never goes back, though a run that pins again begins again. */
function progressOf({ onProgress }: ComparisonOptions): ComparisonRun["report"] {
  let [most, total] = [0, 0];
  return (done, all) => {
    total = Math.max(total, all);
    most = Math.min(total, Math.max(most, done));
    onProgress?.({ done: most, total });
  };
}

async function comparePair(run: ComparisonRun, pair: PinPair): Promise<SpecComparison> {
  const { env, cache } = run;
  const { signal, differencesMax = DIFFERENCES_MAX } = run.options;
  const rows = new Map<Day, number>();
  for (const pin of [pair.first, pair.second]) {
    for (const [day, count] of await countDays(env, pin, { cache, signal })) {
      rows.set(day, (rows.get(day) ?? 0) + count);
    }
  }
  const total = [...rows.values()].reduce((sum, count) => sum + count, 0);
  const days: DayComparison[] = [];
  let [done, left] = [0, differencesMax];
  run.report(done, total);
  for (const [day, count] of [...rows].sort(([one], [other]) => one - other)) {
    signal?.throwIfAborted();
    const comparison = await compareOrRecall(run, pair, day, left);
    left -= eventsIn(comparison);
    days.push(comparison);
    done += count;
    run.report(done, total);
  }
  return comparisonOf(pair, days);
}

/** The day from the journal, if it is as it was; else compared, and noted if it is all listed. */
async function compareOrRecall(
  run: ComparisonRun,
  pair: PinPair,
  day: Day,
  eventsMax: number,
): Promise<DayComparison> {
  const { env, cache, full, journal } = run;
  const { hasher, signal } = run.options;
  const [source, target] = [
    await listShardDays(env, pair.first, day, { cache, signal }),
    await listShardDays(env, pair.second, day, { cache, signal }),
  ];
  const fingerprint = fingerprintOf({ pair, full, source, target });
  const known = await journal.load(day);
  if (known?.fingerprint === fingerprint && eventsIn(known.comparison) <= eventsMax) {
    return known.comparison;
  }
  const readingOf = (pin: Pin): RowReading => ({ env, pin, cache, hasher, signal });
  const reading = {
    ...{ pair, full, eventsMax },
    source: readingOf(pair.first),
    target: readingOf(pair.second),
  };
  const { comparison, isCut } = await compareDay(reading, day, source, target);
  if (!isCut) await journal.save(day, { fingerprint, comparison });
  return comparison;
}

function eventsIn({ differences }: DayComparison): number {
  return differences.reduce((sum, { missing, extra }) => sum + missing.length + extra.length, 0);
}

function comparisonOf(pair: PinPair, days: readonly DayComparison[]): SpecComparison {
  const units = days.flatMap((day) => day.units);
  const sum = (of: (day: DayComparison) => number) => days.reduce((so, day) => so + of(day), 0);
  const misplaced = sum((day) => day.misplaced);
  const positions: Record<string, CatalogPosition> = {};
  for (const [writer, { n, lastSeq }] of pair.hi) positions[String(writer)] = { n, lastSeq };
  return {
    matched: misplaced === 0 && units.every(({ equal }) => equal),
    hi: { positions, infinite: pair.catalog.retired },
    misplaced,
    units,
    differences: days.flatMap((day) => day.differences),
    manifests: { source: versionsOf(pair.first), target: versionsOf(pair.second) },
    rowsRead: sum((day) => day.rowsRead),
    shardDaysFromFooters: sum((day) => day.shardDaysFromFooters),
  };
}

function versionsOf({ groups }: Pin): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...groups].map(([group, { manifest }]) => [String(group), manifest?.version ?? 0]),
  );
}
