import { crc32 } from "node:zlib";
import type { CallOptions, Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { DayFileEntry, ManifestDocument, ManifestPage, ManifestPageRef } from "@shale/format";
import { compareEntries, decodeManifestPage } from "@shale/format";
import type { Day } from "@shale/model";
import { ShaleError } from "@shale/model";
import { pageKey } from "../object-keys.ts";
import { patientEnv } from "../patient-env.ts";
import type { ManifestPlace } from "./manifest-place.ts";

const READ_CONCURRENCY = 8;

/** UTC days, both ends included. */
export interface DayRange {
  readonly fromDay: Day;
  readonly toDay: Day;
}

/** Entries of whole pages by key: pages never change. A Map fits; a bounded one forgets. */
export interface EntryPages {
  get(key: string): readonly DayFileEntry[] | undefined;
  set(key: string, entries: readonly DayFileEntry[]): unknown;
}

export interface EntryReading extends CallOptions {
  readonly pages?: EntryPages | undefined;
}

/**
 * The files of a manifest whose days overlap the range, by (day, shard, id). Only pages that
 * overlap it are read, each checked by size and CRC-32.
 *
 * @throws {ShaleError} PIN_UNSTABLE with `details.missingKey` when a page has gone, because the
 * manifest is no longer the newest; OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE
 */
export async function loadEntries(
  env: Env,
  manifest: ManifestDocument,
  range: DayRange | "all",
  options: EntryReading = {},
): Promise<readonly DayFileEntry[]> {
  const refs = manifest.pages.filter((page) => range === "all" || overlaps(page, range));
  const paged = await loadPages(env, manifest, refs, { ...options, range });
  const removed = new Set(manifest.removed);
  const listed = inOrder(paged);
  const kept = removed.size === 0 ? listed : listed.filter(({ id }) => !removed.has(id));
  const added = manifest.added
    .filter(({ day }) => range === "all" || (range.fromDay <= day && day <= range.toDay))
    .sort(compareEntries);
  return mergedEntries(kept, added);
}

/** Folds make pages that ascend from one to the next; pages of other makers may overlap. */
function inOrder(paged: readonly (readonly DayFileEntry[])[]): readonly DayFileEntry[] {
  const filled = paged.filter((entries) => entries.length > 0);
  const ascends = filled.every((entries, i) => {
    const [last, next] = [entries.at(-1), filled[i + 1]?.[0]];
    return last === undefined || next === undefined || compareEntries(last, next) < 0;
  });
  const entries = filled.flat();
  return ascends ? entries : entries.sort(compareEntries);
}

export function overlaps(
  { firstDay, lastDay }: Pick<ManifestPageRef, "firstDay" | "lastDay">,
  { fromDay, toDay }: DayRange,
): boolean {
  return firstDay <= toDay && fromDay <= lastDay;
}

/** The entries of these pages, page by page: all, or those whose day lies in the range. */
export async function loadPages(
  env: Env,
  place: ManifestPlace,
  refs: readonly ManifestPageRef[],
  options: EntryReading & { readonly range?: DayRange | "all" | undefined } = {},
): Promise<(readonly DayFileEntry[])[]> {
  const { pages, signal, range = "all" } = options;
  const reading = patientEnv(env);
  return await fanOut(refs, { concurrency: READ_CONCURRENCY, signal }, async (ref, stop) => {
    const key = pageKey(place.project, place.spec, place.group, ref.id);
    const cached = pages?.get(key);
    if (cached !== undefined) return entriesIn(cached, range);
    const page = await readPage(reading, key, ref, { signal: stop });
    if (pages === undefined) return entriesOfPage(page, range);
    const entries = page.entries(0, page.entryCount);
    pages.set(key, entries);
    return entriesIn(entries, range);
  });
}

async function readPage(
  env: Env,
  key: string,
  ref: ManifestPageRef,
  options: CallOptions,
): Promise<ManifestPage> {
  const stored = await env.store.get(key, options);
  if (stored === undefined) throw pageMissing(key);
  const { bytes } = stored;
  if (bytes.length !== ref.bytes) {
    throw pageCorrupt(key, `it has ${bytes.length} bytes, its manifest says ${ref.bytes}`);
  }
  if (crc32(bytes).toString(16).padStart(8, "0") !== ref.crc) {
    throw pageCorrupt(key, "its checksum is not its manifest's");
  }
  const page = decodeManifestPage(bytes, { key });
  const isNamed =
    page.entryCount === ref.entryCount &&
    page.firstDay === ref.firstDay &&
    page.lastDay === ref.lastDay;
  if (!isNamed) throw pageCorrupt(key, "its manifest counts other entries or days");
  return page;
}

/** As scan's: a reader pins again, and calls damage what is missing twice (protocol R5). */
function pageMissing(missingKey: string): ShaleError {
  return new ShaleError(
    "PIN_UNSTABLE",
    `Cannot read ${JSON.stringify(missingKey)}: the page has gone since its manifest was read`,
    { details: { missingKey } },
  );
}

function pageCorrupt(key: string, why: string): ShaleError {
  return new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: ${why}`, { details: { key } });
}

function entriesOfPage(page: ManifestPage, range: DayRange | "all"): readonly DayFileEntry[] {
  if (range === "all") return page.entries(0, page.entryCount);
  const dayAt = (row: number): number => page.days[row] ?? 0;
  const start = firstRow(page.entryCount, (row) => dayAt(row) >= range.fromDay);
  return page.entries(
    start,
    Math.max(
      start,
      firstRow(page.entryCount, (row) => dayAt(row) > range.toDay),
    ),
  );
}

function entriesIn(
  entries: readonly DayFileEntry[],
  range: DayRange | "all",
): readonly DayFileEntry[] {
  if (range === "all") return entries;
  const dayAt = (row: number): number => entries[row]?.day ?? 0;
  const start = firstRow(entries.length, (row) => dayAt(row) >= range.fromDay);
  const end = firstRow(entries.length, (row) => dayAt(row) > range.toDay);
  return start === 0 && end === entries.length ? entries : entries.slice(start, end);
}

/** The first row, of `count`, for which `isBeyond` holds; it holds for all above it. */
function firstRow(count: number, isBeyond: (row: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBeyond(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Two ascending lists as one. */
export function mergedEntries(
  many: readonly DayFileEntry[],
  few: readonly DayFileEntry[],
): readonly DayFileEntry[] {
  if (few.length === 0) return many;
  const merged: DayFileEntry[] = [];
  let at = 0;
  for (const entry of few) {
    for (let next = many[at]; next !== undefined; next = many[at]) {
      if (compareEntries(next, entry) > 0) break;
      merged.push(next);
      at++;
    }
    merged.push(entry);
  }
  for (; at < many.length; at++) {
    const next = many[at];
    if (next !== undefined) merged.push(next);
  }
  return merged;
}
