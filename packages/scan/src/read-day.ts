import type { Pin } from "@shale/catalog";
import { fanOut } from "@shale/env";
import type { ScanDictionaries } from "./cache/scan-dictionaries.ts";
import { hasNoEventOf, whyUnwanted } from "./day-files/rows-wanted.ts";
import { settledFilesOf } from "./day-files/settled-days.ts";
import { READ_CONCURRENCY } from "./open-inputs.ts";
import type { DayPlan } from "./plan-days.ts";
import { batchOfDay, orderedByUser } from "./rows/batch-of-day.ts";
import type { DayRows, SourcePart } from "./rows/day-rows.ts";
import { dayRowsBytes, dayRowsOf } from "./rows/day-rows.ts";
import type { Deletions } from "./rows/deletions.ts";
import { gatherProperty } from "./rows/gather-property.ts";
import type { SourceNeed, SourceRows } from "./rows/source-rows.ts";
import type { ScanBatch } from "./scan-batch.ts";
import type { FooterFile, ScanOptions } from "./scan-options.ts";

export interface DayContext {
  readonly dictionaries: ScanDictionaries;
  /** undefined when nobody is deleted. */
  readonly deletions: Deletions | undefined;
  readonly options: ScanOptions;
}

/** A shard-day that has been read: its batch is made when its turn comes. */
export type DayRead =
  | { readonly kind: "footers"; readonly files: readonly FooterFile[] }
  /** No row of so many files matters. */
  | { readonly kind: "nothing"; readonly files: number }
  | { readonly kind: "rows"; batch(): ScanBatch };

/** Reads what is needed of a shard-day: footers where they can answer (R4), else columns. */
export async function beginDay(pin: Pin, plan: DayPlan, context: DayContext): Promise<DayRead> {
  const { deletions, options } = context;
  if (options.wanted !== undefined && hasNoEventOf(plan, options.wanted)) {
    return { kind: "nothing", files: plan.parts.length };
  }
  const isHiding = mayHide(plan, deletions);
  const canAnswer = options.takeFooter !== undefined && !isHiding;
  const files = canAnswer ? settledFilesOf(plan) : undefined;
  if (files !== undefined) {
    const loading = files.map(async ({ entry, loadIndex }) => ({
      entry,
      footer: (await loadIndex()).footer,
    }));
    return { kind: "footers", files: await Promise.all(loading) };
  }
  return await beginRows(pin, plan, { ...context, deletions: isHiding ? deletions : undefined });
}

async function beginRows(
  pin: Pin,
  plan: DayPlan,
  { dictionaries, deletions: hiding, options }: DayContext,
): Promise<DayRead> {
  const { cache, columns, order, detail, stats } = options;
  const { shards } = pin.spec;
  const key = `day ${pin.catalog.project} ${shards} ${plan.shard} ${plan.day}`;
  const signature = signatureOf(plan, hiding);
  // A day file has the order already, and no insert id has to be read for it.
  const mustOrder = order === "user" && !(plan.parts.length === 1 && isFile(plan));
  const wantsEvents = detail === "events" || mustOrder;
  const known = cache.entries.get(key);
  const cached =
    known?.kind === "day" && isSame(known.day, signature, dictionaries) ? known.day : undefined;
  if (cached !== undefined && stats !== undefined) stats.bytesRead.memory += dayRowsBytes(cached);
  const missing =
    columns === "all" ? columns : columns.filter((name) => !cached?.properties.has(name));
  const isComplete = cached !== undefined && missing !== "all" && missing.length === 0;
  if (cached === undefined && options.wanted !== undefined) {
    const why = await whyUnwanted(plan, options.wanted);
    if (why !== undefined) return { kind: "nothing", files: plan.parts.length };
  }
  const need: SourceNeed = {
    places: wantsEvents || (cached === undefined && needsPlaces(plan, hiding)),
    properties: wantsEvents ? "all" : missing,
  };
  const sources = isComplete && !wantsEvents ? undefined : await loadSources(plan, need, options);
  function batch(): ScanBatch {
    const parts = partsOf(plan, sources ?? []);
    const day = cached ?? dayRowsOf({ ...plan, signature }, parts, dictionaries, hiding);
    const names = columns === "all" ? namesIn(sources ?? []) : columns;
    for (const name of names) {
      if (day.properties.has(name)) continue;
      day.properties.set(name, gatherProperty(name, day, sources ?? []));
    }
    if (!isComplete) cache.entries.put(key, { kind: "day", day }, dayRowsBytes(day));
    const made = batchOfDay(plan, day, names, wantsEvents ? sources : undefined);
    return mustOrder ? orderedByUser(made) : made;
  }
  return { kind: "rows", batch };
}

export function isFile({ parts }: DayPlan): boolean {
  return parts.every(({ input }) => input.file !== undefined);
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
export function mayHide({ parts }: DayPlan, deletions: Deletions | undefined): boolean {
  if (deletions === undefined) return false;
  return parts.some(({ input: { file } }) => (file?.entry.tombstone ?? 0) < deletions.newest);
}

/** Rows are compared by their places when there may be duplicates or rows of deleted users. */
export function needsPlaces({ parts }: DayPlan, hiding: Deletions | undefined): boolean {
  const isDistinct = parts.length === 1 && parts[0]?.input.file?.entry.distinct === true;
  return !isDistinct || hiding !== undefined;
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
