import type { Pin } from "@shale/catalog";
import type { Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { ScanDictionaries } from "./cache/scan-dictionaries.ts";
import { footerDayOf, settledFilesOf } from "./day-files/settled-days.ts";
import { openInputs, READ_CONCURRENCY } from "./open-inputs.ts";
import type { DayPlan } from "./plan-days.ts";
import { planDays } from "./plan-days.ts";
import { batchOfDay, orderedByUser } from "./rows/batch-of-day.ts";
import type { DayRows, SourcePart } from "./rows/day-rows.ts";
import { dayRowsBytes, dayRowsOf } from "./rows/day-rows.ts";
import type { Deletions } from "./rows/deletions.ts";
import { deletionsOf } from "./rows/deletions.ts";
import { gatherProperty } from "./rows/gather-property.ts";
import type { SourceNeed, SourceRows } from "./rows/source-rows.ts";
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
  const { stats, signal } = options;
  const inputs = await openInputs(env, pin, options);
  const plans = planDays(pin, inputs, options);
  if (stats !== undefined) stats.rowsPlanned += rowsOf(plans);
  const dictionaries = options.cache.dictionariesOf(pin.catalog.project, pin.spec.shards);
  const deletions = deletionsOf(pin.catalog);
  for (const plan of plans) {
    signal?.throwIfAborted();
    if (await isTakenByFooters(plan, deletions, options)) continue;
    const batch = await readDay(pin, plan, { dictionaries, deletions }, options);
    if (stats !== undefined) stats.rowsScanned += batch.rowsRead;
    if (batch.rowCount > 0) yield batch;
  }
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

interface DayContext {
  readonly dictionaries: ScanDictionaries;
  /** undefined when nobody is deleted. */
  readonly deletions: Deletions | undefined;
}

async function readDay(
  pin: Pin,
  plan: DayPlan,
  { dictionaries, deletions }: DayContext,
  options: ScanOptions,
): Promise<ScanBatch> {
  const { cache, columns, order, detail, stats } = options;
  const { shards } = pin.spec;
  const key = `day ${pin.catalog.project} ${shards} ${plan.shard} ${plan.day}`;
  const hiding = mayHide(plan, deletions) ? deletions : undefined;
  const signature = signatureOf(plan, hiding);
  const wantsEvents = detail === "events" || order === "user";
  const known = cache.entries.get(key);
  const cached =
    known?.kind === "day" && isSame(known.day, signature, dictionaries) ? known.day : undefined;
  if (cached !== undefined && stats !== undefined) stats.bytesRead.memory += dayRowsBytes(cached);
  const missing =
    columns === "all" ? columns : columns.filter((name) => !cached?.properties.has(name));
  const isComplete = cached !== undefined && missing !== "all" && missing.length === 0;
  const need: SourceNeed = {
    places: wantsEvents || (cached === undefined && needsPlaces(plan, hiding)),
    properties: wantsEvents ? "all" : missing,
  };
  const sources = isComplete && !wantsEvents ? undefined : await loadSources(plan, need, options);
  const day =
    cached ?? dayRowsOf({ ...plan, signature }, partsOf(plan, sources ?? []), dictionaries, hiding);
  const names = columns === "all" ? namesIn(sources ?? []) : columns;
  for (const name of names) {
    if (day.properties.has(name)) continue;
    day.properties.set(name, gatherProperty(name, day, sources ?? []));
  }
  if (!isComplete) cache.entries.put(key, { kind: "day", day }, dayRowsBytes(day));
  const batch = batchOfDay(plan, day, names, wantsEvents ? sources : undefined);
  return order === "user" ? orderedByUser(batch) : batch;
}

async function loadSources(
  { parts }: DayPlan,
  need: SourceNeed,
  { signal = new AbortController().signal }: ScanOptions,
): Promise<readonly SourceRows[]> {
  const fan = { concurrency: READ_CONCURRENCY, signal };
  return await fanOut(parts, fan, ({ input }) => input.load(need));
}

/** A file whose maker applied every tombstone has no row to hide (protocol D2). */
function mayHide({ parts }: DayPlan, deletions: Deletions | undefined): boolean {
  if (deletions === undefined) return false;
  return parts.some(({ input: { file } }) => (file?.entry.tombstone ?? 0) < deletions.newest);
}

/** Rows are compared by their places when there may be duplicates or rows of deleted users. */
function needsPlaces({ parts }: DayPlan, hiding: Deletions | undefined): boolean {
  const isDistinct = parts.length === 1 && parts[0]?.input.file?.entry.distinct === true;
  return !isDistinct || hiding !== undefined;
}

/** Gives a settled shard-day to the caller who can use its footers; false when rows are needed. */
async function isTakenByFooters(
  plan: DayPlan,
  deletions: Deletions | undefined,
  { takeFooter, stats }: ScanOptions,
): Promise<boolean> {
  if (takeFooter === undefined || mayHide(plan, deletions)) return false;
  const files = settledFilesOf(plan);
  if (files === undefined) return false;
  const footers = await Promise.all(files.map((file) => file.loadFooter()));
  if (stats !== undefined) {
    stats.filesFromFooter += files.length;
    stats.rowsPlanned -= rowsOf([plan]);
  }
  takeFooter(footerDayOf(plan, footers));
  return true;
}

/** What the rows of a day follow from: the sources, and the tombstones where they may hide any. */
function signatureOf({ parts }: DayPlan, hiding: Deletions | undefined): number[] {
  return [...(hiding?.signature ?? []), ...parts.map(({ input }) => input.id)];
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
