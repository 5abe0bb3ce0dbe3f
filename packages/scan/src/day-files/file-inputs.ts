import type { Pin } from "@shale/catalog";
import { loadEntries } from "@shale/catalog";
import type { Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { DayFileEntry, DayFileIndex, DayFileRows, ManifestDocument } from "@shale/format";
import type { Day } from "@shale/model";
import { DAY_MS, dayOf, SHARDS_PER_GROUP } from "@shale/model";
import type { ScanInput } from "../open-inputs.ts";
import { hiddenBeforeMs } from "../open-inputs.ts";
import type { SourceNeed, SourceRows } from "../rows/source-rows.ts";
import type { ScanOptions } from "../scan-options.ts";
import { fileOutlineOf, fileSourceOf } from "./file-source.ts";
import type { FileRef } from "./read-day-file.ts";
import { keyOfFile, readDayFileIndex, readDayFileRows, readWholeDayFile } from "./read-day-file.ts";

const GROUP_CONCURRENCY = 16;
const FILE_CACHE_BYTES = 400;
/** A file up to this size is read whole: a request costs more than the bytes that it saves. */
const WHOLE_BYTES_MAX = 65_536;
/** Beyond every day that a time can have. */
const DAY_LIMIT = 100_000_000;

/** The day files of the pin that have rows of the range and of the shards that are asked for. */
export async function openFileInputs(
  env: Env,
  pin: Pin,
  options: ScanOptions,
): Promise<ScanInput[]> {
  const entries = await loadFiles(env, pin, options);
  return entries.map((entry) =>
    fileInputOf(env, { project: pin.catalog.project, spec: pin.spec, entry }, options),
  );
}

/** Their entries; nothing but pages of manifests is read. */
export async function loadFiles(env: Env, pin: Pin, options: ScanOptions): Promise<DayFileEntry[]> {
  const { shards, signal, stats } = options;
  const wanted = shards === undefined ? undefined : new Set<number>(shards);
  const range = daysOf(pin, options);
  const groups = [...pin.groups].flatMap(([group, { manifest }]) =>
    manifest !== undefined && holdsAny(group, wanted) ? [manifest] : [],
  );
  noteFiles(pin, options);
  if (range.fromDay > range.toDay) return [];
  const pages = pageCacheOf(options);
  const found = await fanOut(groups, { concurrency: GROUP_CONCURRENCY, signal }, (manifest) =>
    loadEntries(env, manifest, range, { pages, signal }),
  );
  const entries = found.flat().filter(({ shard }) => wanted === undefined || wanted.has(shard));
  if (stats !== undefined) stats.filesPruned -= entries.length;
  return entries;
}

/** The days [fromDay, toDay] that overlap the range; empty when toDay is below fromDay. */
function daysOf(pin: Pin, { fromMs, toMs }: ScanOptions): { fromDay: Day; toDay: Day } {
  const first = Math.floor(Math.max(fromMs, hiddenBeforeMs(pin)) / DAY_MS);
  const last = Math.ceil(toMs / DAY_MS) - 1;
  const inReach = (day: number): Day =>
    dayOf(Math.max(-DAY_LIMIT, Math.min(DAY_LIMIT, day)) * DAY_MS);
  return { fromDay: inReach(first), toDay: inReach(last) };
}

function holdsAny(group: number, wanted: ReadonlySet<number> | undefined): boolean {
  if (wanted === undefined) return true;
  return [...wanted].some((shard) => Math.floor(shard / SHARDS_PER_GROUP) === group);
}

/** Counts every file of the pin as planned and pruned: those that are opened are taken off again. */
function noteFiles(pin: Pin, { stats }: ScanOptions): void {
  if (stats === undefined) return;
  for (const { manifest } of pin.groups.values()) {
    if (manifest === undefined) continue;
    const count = fileCountOf(manifest);
    stats.filesPlanned += count;
    stats.filesPruned += count;
    const days = [
      ...manifest.pages.map(({ firstDay, lastDay }) => [firstDay, lastDay] as const),
      ...manifest.added.map(({ day }) => [day, day] as const),
    ];
    for (const [firstDay, lastDay] of days) {
      const firstMs = Math.max(firstDay * DAY_MS, hiddenBeforeMs(pin));
      const lastMs = (lastDay + 1) * DAY_MS - 1;
      if (lastMs < firstMs) continue;
      stats.minTimeMs = Math.min(stats.minTimeMs ?? firstMs, firstMs);
      stats.maxTimeMs = Math.max(stats.maxTimeMs ?? lastMs, lastMs);
    }
  }
}

function fileCountOf({ pages, added, removed }: ManifestDocument): number {
  return pages.reduce((sum, { entryCount }) => sum + entryCount, added.length - removed.length);
}

function fileInputOf(env: Env, file: FileRef, options: ScanOptions): ScanInput {
  const { entry } = file;
  const { cache } = options;
  const key = `file ${keyOfFile(file)}`;
  const known = cache.entries.get(key);
  const id = known?.kind === "file" ? known.id : cache.nextSourceId();
  if (known === undefined) {
    cache.entries.put(key, { kind: "file", id, index: undefined }, FILE_CACHE_BYTES);
  }
  function knownIndex(): DayFileIndex | undefined {
    const cached = cache.entries.get(key);
    return cached?.kind === "file" ? cached.index : undefined;
  }
  function learn(index: DayFileIndex): DayFileIndex {
    cache.entries.put(key, { kind: "file", id, index }, FILE_CACHE_BYTES + 2 * entry.footerBytes);
    return index;
  }
  async function loadIndex(): Promise<DayFileIndex> {
    return knownIndex() ?? learn(await readDayFileIndex(env, file, options));
  }
  async function readRows(need: SourceNeed): Promise<DayFileRows> {
    if (entry.bytes > WHOLE_BYTES_MAX) {
      return await readDayFileRows(env, file, await loadIndex(), need, options);
    }
    const { index, rows } = await readWholeDayFile(env, file, need, options);
    learn(index);
    return rows;
  }
  return {
    id,
    writer: undefined,
    n: undefined,
    file: { entry, loadIndex },
    parts: fileOutlineOf(entry),
    async load(need: SourceNeed): Promise<SourceRows> {
      const isWhole = need.places && need.properties === "all";
      const rowsKey = `file rows ${keyOfFile(file)}`;
      const cached = isWhole ? cache.entries.get(rowsKey) : undefined;
      if (cached?.kind === "rows") {
        if (options.stats !== undefined) options.stats.bytesRead.memory += cached.rows.byteCount;
        return cached.rows;
      }
      const source = fileSourceOf(id, entry, await readRows(need));
      // Whole rows are asked for again and again by timelines; columns are kept by day instead.
      if (isWhole) cache.entries.put(rowsKey, { kind: "rows", rows: source }, source.byteCount);
      return source;
    },
  };
}

/** Decoded pages by key: pages are immutable. */
function pageCacheOf({ cache }: ScanOptions) {
  return {
    get(key: string): readonly DayFileEntry[] | undefined {
      const known = cache.entries.get(`page ${key}`);
      return known?.kind === "page" ? known.entries : undefined;
    },
    set(key: string, entries: readonly DayFileEntry[]): void {
      cache.entries.put(
        `page ${key}`,
        { kind: "page", entries },
        entries.reduce((sum, { eventHashes = "" }) => sum + eventHashes.length, 0) +
          PAGE_ENTRY_BYTES * entries.length,
      );
    },
  };
}
const PAGE_ENTRY_BYTES = 600;
