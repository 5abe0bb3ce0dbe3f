import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import type { Env, GetOptions, StoredObject } from "@shale/env";
import { fanOut } from "@shale/env";
import type { DayFileEntry, DayFileFooter, DayFileIndex, DayFileRows } from "@shale/format";
import { decodeDayFileRows, openDayFile, planDayFileRead } from "@shale/format";
import type { ProjectId, ShardingSpec } from "@shale/model";
import { ShaleError } from "@shale/model";
import { pinBroken } from "../pin-broken.ts";
import type { SourceNeed } from "../rows/source-rows.ts";
import type { ScanOptions } from "../scan-options.ts";

/** One day file of a pin. */
export interface FileRef {
  readonly project: ProjectId;
  readonly spec: ShardingSpec;
  readonly entry: DayFileEntry;
}
export type FileReading = Partial<Pick<ScanOptions, "stats" | "signal">> & {
  /** Numbers of row groups; default all. */
  readonly rowGroups?: readonly number[] | undefined;
};

const RANGE_CONCURRENCY = 8;

export function keyOfFile({ project, spec, entry }: FileRef): string {
  return dayFileKey(project, spec.spec, entry);
}

/**
 * What a day file says of itself: its last bytes, checked against the manifest's entry.
 *
 * @throws {ShaleError} PIN_UNSTABLE when it has gone, OBJECT_CORRUPT, FORMAT_UNKNOWN
 */
export async function readDayFileIndex(
  env: Env,
  file: FileRef,
  reading: FileReading,
): Promise<DayFileIndex> {
  const key = keyOfFile(file);
  const object = await readObject(env, key, { suffix: file.entry.footerBytes }, reading);
  checkSize(file, object.size);
  return indexOf(file, object.bytes);
}

/** The rows of a day file with the columns that are needed. @throws as `readDayFileIndex` */
export async function readDayFileRows(
  env: Env,
  file: FileRef,
  index: DayFileIndex,
  need: SourceNeed,
  reading: FileReading,
): Promise<DayFileRows> {
  const key = keyOfFile(file);
  const selection = { ...need, rowGroups: reading.rowGroups };
  const ranges = planDayFileRead(index, selection);
  const fan = { concurrency: RANGE_CONCURRENCY, signal: reading.signal };
  const parts = await fanOut(ranges, fan, async (range, signal) => {
    const object = await readObject(env, key, range, { ...reading, signal });
    return object.bytes;
  });
  return decodeDayFileRows(index, selection, parts, { key });
}

/** Both at once: a small file costs one read, not one for its footer and one for each column. */
export async function readWholeDayFile(
  env: Env,
  file: FileRef,
  need: SourceNeed,
  reading: FileReading,
): Promise<{ readonly index: DayFileIndex; readonly rows: DayFileRows }> {
  const key = keyOfFile(file);
  const { bytes } = await readObject(env, key, undefined, reading);
  checkSize(file, bytes.length);
  const index = indexOf(file, bytes.subarray(bytes.length - file.entry.footerBytes));
  const selection = { ...need, rowGroups: reading.rowGroups };
  const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  return { index, rows: decodeDayFileRows(index, selection, parts, { key }) };
}

async function readObject(
  env: Env,
  key: string,
  range: GetOptions["range"],
  { stats, signal }: FileReading,
): Promise<StoredObject> {
  const object = await env.store.get(key, { range, signal });
  if (object === undefined) throw pinBroken(key);
  if (stats !== undefined) stats.bytesRead.store += object.bytes.length;
  return object;
}

function checkSize(file: FileRef, size: number): void {
  const { bytes } = file.entry;
  if (size === bytes) return;
  throw corrupt(keyOfFile(file), `it has ${size} bytes, its manifest says ${bytes}`);
}

/** The index in the last bytes of the file. */
function indexOf(file: FileRef, tail: Uint8Array): DayFileIndex {
  const key = keyOfFile(file);
  const { footerCrc, bytes } = file.entry;
  if (textOf(crc32(tail)) !== footerCrc) {
    throw corrupt(key, "the checksum of its footer is not the manifest's");
  }
  const index = openDayFile(tail, { key, size: bytes });
  const wrong = differenceOf(file, index.footer);
  if (wrong !== undefined) throw corrupt(key, `its footer and its manifest disagree: ${wrong}`);
  return index;
}

/** 8 hex digits. */
function textOf(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

/** A file that stands under another's name is whole by its checksums, and still not its rows. */
function differenceOf({ project, spec, entry }: FileRef, footer: DayFileFooter) {
  const wanted: Partial<Record<keyof DayFileFooter, string | number | boolean>> = {
    project,
    spec: spec.spec,
    shard: entry.shard,
    shards: spec.shards,
    day: entry.day,
    rows: entry.rows,
    distinct: entry.distinct,
  };
  for (const name of Object.keys(wanted) as (keyof DayFileFooter)[]) {
    if (footer[name] !== wanted[name])
      return `${name} ${String(footer[name])}, not ${wanted[name]}`;
  }
  return undefined;
}

function corrupt(key: string, why: string): ShaleError {
  return new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: ${why}`, { details: { key } });
}
