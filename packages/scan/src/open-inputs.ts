import type { Pin, TailRef } from "@shale/catalog";
import type { LoggedBatch } from "@shale/columns";
import type { Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { DayFileEntry, DayFileIndex, TailHeader } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { DAY_MS, invariant } from "@shale/model";
import type { TailCache } from "./cache/tail-cache.ts";
import { openFileInputs } from "./day-files/file-inputs.ts";
import { cachedRows, readHeader, readOutline, readRows } from "./read-tail.ts";
import type { RowOutline } from "./rows/partition-rows.ts";
import type { SourceNeed, SourceRows } from "./rows/source-rows.ts";
import { createSourceRows } from "./rows/source-rows.ts";
import type { ScanOptions } from "./scan-options.ts";

/** One batch that a scan reads. */
export interface ScanInput {
  readonly id: number;
  /** undefined for a day file. */
  readonly writer: WriterOrdinal | undefined;
  /** undefined for a batch of memory and for a day file. */
  readonly n: number | undefined;
  /** undefined for a batch of the log. */
  readonly file: ScanFile | undefined;
  readonly parts: RowOutline;
  /** At least what is needed; a batch of the log always comes whole. */
  load(need: SourceNeed): Promise<SourceRows>;
}

/** A day file before its rows are read. */
export interface ScanFile {
  readonly entry: DayFileEntry;
  loadIndex(): Promise<DayFileIndex>;
}

/** Objects read at the same time: enough to hide a store's latency, few enough for its limits. */
export const READ_CONCURRENCY = 16;

/**
 * What may have rows of the range: day files, tail objects of the pin and unflushed rows of this
 * process (W6). A tail object whose header says that its times miss the range is not read.
 */
export async function openInputs(env: Env, pin: Pin, options: ScanOptions): Promise<ScanInput[]> {
  const signal = options.signal ?? new AbortController().signal;
  const fan = { concurrency: READ_CONCURRENCY, signal };
  const headers = await fanOut(pin.tail, fan, (ref) => readHeader(env, ref, options));
  for (const { minTimeMs, maxTimeMs } of headers) noteTimes(pin, options, minTimeMs, maxTimeMs);
  const wanted = pin.tail.filter((_, index) => overlaps(pin, options, headers[index]));
  if (options.stats !== undefined) {
    options.stats.filesPlanned += pin.tail.length;
    options.stats.filesPruned += pin.tail.length - wanted.length;
    options.stats.tailRead += wanted.length;
  }
  const tail = await fanOut(wanted, fan, (ref) => openTailInput(env, pin, ref, options));
  const memory = pin.memory.filter((batch) => batch.rowCount > 0);
  const files = await openFileInputs(env, pin, options);
  return [...files, ...tail, ...memory.map((batch) => memoryInputOf(pin, batch, options))];
}

async function openTailInput(
  env: Env,
  pin: Pin,
  ref: TailRef,
  options: ScanOptions,
): Promise<ScanInput> {
  const { shards } = pin.spec;
  const { id, parts } = await readOutline(env, ref, shards, options);
  let isCounted = false;
  async function load(): Promise<SourceRows> {
    const known = cachedRows(ref, shards, options);
    if (known === undefined) return readRows(env, ref, shards, options);
    if (!isCounted && options.stats !== undefined) {
      options.stats.bytesRead.memory += known.byteCount;
    }
    isCounted = true;
    return known;
  }
  return { id, writer: ref.writer, n: ref.n, file: undefined, parts, load };
}

/** Rows of memory count only above what the tail of their writer holds at hi (W6). */
function memoryInputOf(pin: Pin, batch: LoggedBatch, options: ScanOptions): ScanInput {
  const { writer, seqs } = batch;
  const lastSeq = pin.hi.get(writer)?.lastSeq ?? 0;
  invariant((seqs[0] ?? 0) > lastSeq, `rows of memory lie above hi ${lastSeq}: ${seqs[0]}`);
  const rows = memoryRowsOf(batch, pin.spec.shards, options.cache);
  const { days } = rows.parts;
  const first = days.reduce((least, day) => Math.min(least, day), Number.POSITIVE_INFINITY);
  const last = days.reduce((most, day) => Math.max(most, day), Number.NEGATIVE_INFINITY);
  noteTimes(pin, options, first * DAY_MS, (last + 1) * DAY_MS - 1);
  if (options.stats !== undefined) options.stats.bytesRead.memory += rows.byteCount;
  const { id, parts } = rows;
  return { id, writer, n: undefined, file: undefined, parts, load: async () => rows };
}

/** A batch of memory is sorted into parts once, however many queries see it. */
function memoryRowsOf(batch: LoggedBatch, shards: number, cache: TailCache): SourceRows {
  const known = cache.memory.get(batch) ?? new Map<number, SourceRows>();
  cache.memory.set(batch, known);
  const rows = known.get(shards) ?? createSourceRows(cache.nextSourceId(), batch, shards);
  known.set(shards, rows);
  return rows;
}

/** Whole days come: the other rows of the range's first and last day count too. */
function overlaps(pin: Pin, range: ScanOptions, header: TailHeader | undefined): boolean {
  if (header === undefined || header.minTimeMs === null || header.maxTimeMs === null) return false;
  const firstMs = Math.floor(header.minTimeMs / DAY_MS) * DAY_MS;
  const endMs = (Math.floor(header.maxTimeMs / DAY_MS) + 1) * DAY_MS;
  return firstMs < range.toMs && endMs > range.fromMs && endMs > hiddenBeforeMs(pin);
}

/** Rows of earlier UTC days are hidden (C6). */
export function hiddenBeforeMs({ catalog }: Pin): number {
  const { firstDay } = catalog.retention;
  return firstDay === null ? Number.NEGATIVE_INFINITY : firstDay * DAY_MS;
}

function noteTimes(
  pin: Pin,
  { stats }: ScanOptions,
  minTimeMs: number | null,
  maxTimeMs: number | null,
): void {
  const hiddenMs = hiddenBeforeMs(pin);
  if (stats === undefined || minTimeMs === null || maxTimeMs === null) return;
  if (maxTimeMs < hiddenMs) return;
  const least = Math.max(minTimeMs, hiddenMs);
  stats.minTimeMs = Math.min(stats.minTimeMs ?? least, least);
  stats.maxTimeMs = Math.max(stats.maxTimeMs ?? maxTimeMs, maxTimeMs);
}
