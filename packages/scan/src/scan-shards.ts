import type { Pin } from "@shale/catalog";
import type { Env } from "@shale/env";
import { fanOut } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { ScanDictionaries } from "./cache/scan-dictionaries.ts";
import { openInputs, READ_CONCURRENCY } from "./open-inputs.ts";
import type { DayPlan } from "./plan-days.ts";
import { planDays } from "./plan-days.ts";
import { batchOfDay, orderedByUser } from "./rows/batch-of-day.ts";
import type { DayRows, SourcePart } from "./rows/day-rows.ts";
import { dayRowsBytes, dayRowsOf } from "./rows/day-rows.ts";
import { gatherProperty } from "./rows/gather-property.ts";
import type { SourceRows } from "./rows/source-rows.ts";
import type { ScanBatch } from "./scan-batch.ts";
import type { ScanOptions } from "./scan-options.ts";

/**
 * The rows of a pin, one shard's UTC day at a time, whole days, deduplicated by R3. The one place
 * where rows of the tail and of memory come together.
 *
 * @throws {ShaleError} PIN_UNSTABLE when an object of the pin has gone (see `runWithPin`);
 *   OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE; the signal's reason
 */
export async function* scanShards(
  env: Env,
  pin: Pin,
  options: ScanOptions,
): AsyncGenerator<ScanBatch> {
  checkReadable(pin);
  const { stats, signal } = options;
  const inputs = await openInputs(env, pin, options);
  const plans = planDays(pin, inputs, options);
  if (stats !== undefined) stats.rowsPlanned += rowsOf(plans);
  const dictionaries = options.cache.dictionariesOf(pin.catalog.project, pin.spec.shards);
  for (const plan of plans) {
    signal?.throwIfAborted();
    const batch = await readDay(pin, plan, dictionaries, options);
    if (stats !== undefined) stats.rowsScanned += batch.rowsRead;
    if (batch.rowCount > 0) yield batch;
  }
}

/** Nothing in this version writes tombstones or day files: what holds them is of a later one. */
function checkReadable({ catalog, groups }: Pin): void {
  const hasFiles = Array.from(groups.values()).some((group) => group.files.length > 0);
  if (catalog.tombstones.length === 0 && !hasFiles) return;
  throw new ShaleError(
    "FORMAT_UNKNOWN",
    `Cannot read project ${JSON.stringify(catalog.project)}: it has ` +
      `${hasFiles ? "day files" : "deleted users"}, which this version does not know`,
  );
}

function rowsOf(plans: readonly DayPlan[]): number {
  let sum = 0;
  for (const { parts } of plans) {
    for (const { input, part } of parts) {
      sum += (input.parts.starts[part + 1] ?? 0) - (input.parts.starts[part] ?? 0);
    }
  }
  return sum;
}

async function readDay(
  pin: Pin,
  plan: DayPlan,
  dictionaries: ScanDictionaries,
  options: ScanOptions,
): Promise<ScanBatch> {
  const { cache, columns, order, detail, stats } = options;
  const { shards } = pin.spec;
  const key = `day ${pin.catalog.project} ${shards} ${plan.shard} ${plan.day}`;
  const signature = signatureOf(plan);
  const loader = createLoader(plan, options);
  const wantsEvents = detail === "events" || order === "user";

  const known = cache.entries.get(key);
  let day = known?.kind === "day" && isSame(known.day, signature, dictionaries) && known.day;
  let changed = false;
  if (day) {
    if (stats !== undefined) stats.bytesRead.memory += dayRowsBytes(day);
  } else {
    const parts = partsOf(plan, await loader.load());
    day = dayRowsOf({ ...plan, signature }, parts, dictionaries);
    changed = true;
  }
  const names = columns === "all" ? namesIn(await loader.load()) : columns;
  for (const name of names) {
    if (day.properties.has(name)) continue;
    day.properties.set(name, gatherProperty(name, day, await loader.load()));
    changed = true;
  }
  if (changed) cache.entries.put(key, { kind: "day", day }, dayRowsBytes(day));
  const batch = batchOfDay(plan, day, names, wantsEvents ? await loader.load() : undefined);
  return order === "user" ? orderedByUser(batch) : batch;
}

/** The sources of a shard-day, read when something of them is needed for the first time. */
function createLoader(
  { parts }: DayPlan,
  options: ScanOptions,
): { load(): Promise<readonly SourceRows[]> } {
  let loaded: SourceRows[] | undefined;
  return {
    async load() {
      if (loaded === undefined) {
        const { signal = new AbortController().signal } = options;
        const fan = { concurrency: READ_CONCURRENCY, signal };
        loaded = await fanOut(parts, fan, ({ input }) => input.load());
      }
      return loaded;
    },
  };
}

function signatureOf({ parts }: DayPlan): number[] {
  return parts.map(({ input }) => input.id);
}

function isSame(
  day: DayRows,
  signature: readonly number[],
  dictionaries: ScanDictionaries,
): boolean {
  return (
    day.dictionaries === dictionaries &&
    day.signature.length === signature.length &&
    day.signature.every((number, index) => number === signature[index])
  );
}

function partsOf({ parts }: DayPlan, sources: readonly SourceRows[]): SourcePart[] {
  return sources.map((source, index) => {
    const part = parts[index]?.part ?? 0;
    const { rows, starts } = source.parts;
    return { source, rows: rows.subarray(starts[part], starts[part + 1]) };
  });
}

function namesIn(sources: readonly SourceRows[]): string[] {
  return [...new Set(sources.flatMap(({ batch }) => batch.properties.map(({ name }) => name)))];
}
