import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import type { Env } from "@shale/env";
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
  { stats, signal }: FileReading,
): Promise<DayFileIndex> {
  const { entry } = file;
  const key = keyOfFile(file);
  const object = await env.store.get(key, { range: { suffix: entry.footerBytes }, signal });
  if (object === undefined) throw pinBroken(key);
  if (stats !== undefined) stats.bytesRead.store += object.bytes.length;
  if (object.size !== entry.bytes) {
    throw corrupt(key, `it has ${object.size} bytes, its manifest says ${entry.bytes}`);
  }
  if (textOf(crc32(object.bytes)) !== entry.footerCrc) {
    throw corrupt(key, "the checksum of its footer is not the manifest's");
  }
  const index = openDayFile(object.bytes, { key, size: object.size });
  const wrong = differenceOf(file, index.footer);
  if (wrong !== undefined) throw corrupt(key, `its footer and its manifest disagree: ${wrong}`);
  return index;
}

/** The rows of a day file with the columns that are needed. @throws as `readDayFileIndex` */
export async function readDayFileRows(
  env: Env,
  file: FileRef,
  index: DayFileIndex,
  need: SourceNeed,
  { stats, signal, rowGroups }: FileReading,
): Promise<DayFileRows> {
  const key = keyOfFile(file);
  const selection = { ...need, rowGroups };
  const ranges = planDayFileRead(index, selection);
  const fan = { concurrency: RANGE_CONCURRENCY, signal };
  const parts = await fanOut(ranges, fan, async (range, either) => {
    const object = await env.store.get(key, { range, signal: either });
    if (object === undefined) throw pinBroken(key);
    if (stats !== undefined) stats.bytesRead.store += object.bytes.length;
    return object.bytes;
  });
  return decodeDayFileRows(index, selection, parts, { key });
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
