import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import type { FileBytes } from "@shale/compaction";
import { hexOf, wholeFileOf, wholeRows } from "@shale/compaction";
import { fanOut } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import { checkFacts, openDayFile, planDayFileRead } from "@shale/format";
import { invariant, ShaleError } from "@shale/model";
import { pinBroken } from "@shale/scan";
import type { OpenedFile } from "../slice/plan-slices.ts";
import { mayBeSliced } from "../slice/plan-slices.ts";
import { checkRead } from "../task/copy-task.ts";
import type { CopyRun } from "./copy-run.ts";

const OPEN_CONCURRENCY = 8;
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

/** A file of the old spec whose end was read. */
export interface OpenedSource extends OpenedFile {
  readonly tail: Uint8Array;
}

/**
 * Reads the ends of those files of which row groups may be read: that are too large to be decoded
 * at once, or that may be sliced. By id.
 *
 * @throws {ShaleError} PIN_UNSTABLE when one has gone, OBJECT_CORRUPT
 */
export async function openSources(
  run: CopyRun,
  needed: readonly Pick<OpenedFile, "unit" | "entry">[],
): Promise<ReadonlyMap<string, OpenedSource>> {
  const { pair, bytesMax, sliceRowsMin, jobs } = run;
  const wanted = needed.filter(
    ({ entry }) => entry.bytes > bytesMax || mayBeSliced(entry, pair, sliceRowsMin),
  );
  const fan = { concurrency: OPEN_CONCURRENCY, signal: jobs.signal };
  const opened = await fanOut(wanted, fan, async ({ unit, entry }, signal) => {
    const found = await openSource({ ...run, jobs: { ...jobs, signal } }, entry);
    return [entry.id, { unit, entry, ...found }] as const;
  });
  return new Map(opened);
}

/** The end of a file, checked against its entry: it holds the checksum of every chunk. */
async function openSource(
  run: Reading,
  entry: DayFileEntry,
): Promise<Pick<OpenedSource, "tail" | "index">> {
  const { store, signal } = run.jobs;
  const key = sourceKeyOf(run, entry);
  const object = await store.get(key, { range: { suffix: entry.footerBytes }, signal });
  if (object === undefined) throw pinBroken(key);
  const { bytes: tail, size } = object;
  if (size !== entry.bytes || hexOf(crc32(tail)) !== entry.footerCrc) throw corrupt(key);
  const index = openDayFile(tail, { key, size });
  if (index.rowGroupFacts !== undefined) {
    checkFacts(index.footer, index.rowGroupFacts, { key });
    checkRead(key, entry.generations, index.footer.generations);
  }
  return { tail, index };
}

/** Some row groups of such a file. @throws {ShaleError} PIN_UNSTABLE, OBJECT_CORRUPT */
export async function readSourceRows(
  run: Reading,
  { entry, tail, index }: OpenedSource,
  rowGroups: readonly number[],
): Promise<FileBytes> {
  const { store, signal } = run.jobs;
  const key = sourceKeyOf(run, entry);
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
