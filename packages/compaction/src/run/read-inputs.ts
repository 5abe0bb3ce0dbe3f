import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import { fanOut } from "@shale/env";
import type { DayFileEntry, DayFileIndex, DayFileSelection } from "@shale/format";
import { openDayFile, planDayFileRead } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { FileBytes } from "../task/file-rows.ts";
import { wholeFileOf, wholeRows } from "../task/file-rows.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { hexOf } from "./put-files.ts";
import { absenceOf } from "./under-claim.ts";

const RANGE_CONCURRENCY = 4;

/** A day file that a claim protects. */
export interface InputFile {
  readonly group: GroupRun;
  readonly claimId: string;
  readonly entry: DayFileEntry;
}
type Reading = Pick<CompactionRun, "store" | "signal">;

/** The whole object, checked against its entry. @throws {ShaleError} OBJECT_CORRUPT, CLAIM_LOST */
export async function readWhole(run: Reading, input: InputFile): Promise<FileBytes> {
  const { entry } = input;
  const key = keyOf(input);
  const object = await run.store.get(key, { signal: run.signal });
  if (object === undefined) throw await absenceOf(run, input.group, input.claimId, key);
  const { bytes } = object;
  if (bytes.length !== entry.bytes || hexOf(crc32(bytes)) !== entry.crc) throw corrupt(key);
  return wholeFileOf(key, bytes, entry.footerBytes);
}

export interface OpenInput extends InputFile {
  readonly tail: Uint8Array;
  readonly index: DayFileIndex;
}

/** Its footer, checked against its entry. @throws {ShaleError} OBJECT_CORRUPT, CLAIM_LOST */
export async function openInput(run: Reading, input: InputFile): Promise<OpenInput> {
  const { entry } = input;
  const key = keyOf(input);
  const range = { suffix: entry.footerBytes };
  const object = await run.store.get(key, { range, signal: run.signal });
  if (object === undefined) throw await absenceOf(run, input.group, input.claimId, key);
  const { bytes: tail, size } = object;
  if (size !== entry.bytes || hexOf(crc32(tail)) !== entry.footerCrc) throw corrupt(key);
  return { ...input, tail, index: openDayFile(tail, { key, size }) };
}

/** Some row groups of it: everything that they hold. */
export async function readRowGroups(
  run: Reading,
  input: OpenInput,
  rowGroups: readonly number[],
): Promise<FileBytes> {
  return await readSelection(run, input, wholeRows(rowGroups));
}

export async function readSelection(
  run: Reading,
  { index, tail, ...input }: OpenInput,
  selection: DayFileSelection,
): Promise<FileBytes> {
  const key = keyOf(input);
  const ranges = planDayFileRead(index, selection);
  const fan = { concurrency: RANGE_CONCURRENCY, signal: run.signal };
  const parts = await fanOut(ranges, fan, async (range, signal) => {
    const object = await run.store.get(key, { range, signal });
    if (object === undefined) throw await absenceOf({ signal }, input.group, input.claimId, key);
    return object.bytes;
  });
  // A copy: the tail goes to a thread once for each range.
  return {
    key,
    size: input.entry.bytes,
    tail: tail.slice(),
    rowGroups: selection.rowGroups,
    parts,
  };
}

function keyOf({ group, entry }: InputFile): string {
  return dayFileKey(group.project, group.spec, entry);
}

function corrupt(key: string): ShaleError {
  return new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: it is not what its manifest says`, {
    details: { key },
  });
}
