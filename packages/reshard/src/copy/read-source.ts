import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import type { FileBytes } from "@shale/compaction";
import { hexOf, wholeFileOf, wholeRows } from "@shale/compaction";
import { fanOut } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import { openDayFile, planDayFileRead } from "@shale/format";
import { invariant, ShaleError } from "@shale/model";
import { pinBroken } from "@shale/scan";
import type { CopyRun } from "./copy-run.ts";

const RANGE_CONCURRENCY = 4;

export function sourceKeyOf({ sources }: Pick<CopyRun, "sources">, entry: DayFileEntry): string {
  const [source] = sources;
  invariant(source !== undefined, "the old spec has a group");
  return dayFileKey(source.project, source.spec, entry);
}

type Reading = Pick<CopyRun, "jobs" | "sources">;

/**
 * A whole file of the old spec, checked against its entry.
 *
 * @throws {ShaleError} PIN_UNSTABLE when it has gone, OBJECT_CORRUPT
 */
export async function readSource(run: Reading, entry: DayFileEntry): Promise<FileBytes> {
  const { store, signal } = run.jobs;
  const key = sourceKeyOf(run, entry);
  const object = await store.get(key, { signal });
  if (object === undefined) throw pinBroken(key);
  const { bytes } = object;
  if (bytes.length !== entry.bytes || hexOf(crc32(bytes)) !== entry.crc) throw corrupt(key);
  return wholeFileOf(key, bytes, entry.footerBytes);
}

/**
 * The end of such a file, checked against its entry: it holds the checksum of every chunk.
 *
 * @throws {ShaleError} PIN_UNSTABLE when it has gone, OBJECT_CORRUPT
 */
export async function readSourceTail(run: Reading, entry: DayFileEntry): Promise<Uint8Array> {
  const { store, signal } = run.jobs;
  const key = sourceKeyOf(run, entry);
  const object = await store.get(key, { range: { suffix: entry.footerBytes }, signal });
  if (object === undefined) throw pinBroken(key);
  const { bytes: tail, size } = object;
  if (size !== entry.bytes || hexOf(crc32(tail)) !== entry.footerCrc) throw corrupt(key);
  return tail;
}

/** Some row groups of such a file. @throws {ShaleError} PIN_UNSTABLE, OBJECT_CORRUPT */
export async function readSourceRows(
  run: Reading,
  entry: DayFileEntry,
  { tail, rowGroups }: { readonly tail: Uint8Array; readonly rowGroups: readonly number[] },
): Promise<FileBytes> {
  const { store, signal } = run.jobs;
  const key = sourceKeyOf(run, entry);
  const index = openDayFile(tail, { key, size: entry.bytes });
  const ranges = planDayFileRead(index, wholeRows(rowGroups));
  const fan = { concurrency: RANGE_CONCURRENCY, signal };
  const parts = await fanOut(ranges, fan, async (range, ofRange) => {
    const object = await store.get(key, { range, signal: ofRange });
    if (object === undefined) throw pinBroken(key);
    return object.bytes;
  });
  // A copy: the tail goes to a thread with each part of the file.
  return { key, size: entry.bytes, tail: tail.slice(), rowGroups, parts };
}

function corrupt(key: string): ShaleError {
  return new ShaleError("OBJECT_CORRUPT", `Cannot copy ${key}: it is not what its manifest says`, {
    details: { key },
  });
}
