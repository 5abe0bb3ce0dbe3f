import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import { generationsDifference } from "@shale/columns";
import { fanOut } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import { eventHashesOf, outputId } from "@shale/format";
import { invariant, ShaleError } from "@shale/model";
import type { EncodedFile } from "../task/task-place.ts";
import type { VerifyInput, VerifyOutput } from "../task/verify-task.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { absenceOf } from "./under-claim.ts";

/** Objects on their way at the same time: on a folder their fsyncs share the disk's turns. */
const PUT_CONCURRENCY = 8;

/** One output of a job. */
export interface Output {
  readonly claimId: string;
  /** Among the outputs of its claim. */
  readonly number: number;
  readonly file: EncodedFile;
}

/** Outputs that are stored, read back and verified together: a few large ones, or many small. */
export const BATCH_BYTES_MAX = 1_048_576;
const BATCH_FILES_MAX = 64;

/** Cuts a list into stretches of at most so many bytes; what is larger stands alone. */
export function batchesOf<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  bytesMax: number = BATCH_BYTES_MAX,
): readonly T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    const isFull = bytes + size > bytesMax || batch.length === BATCH_FILES_MAX;
    if (batch.length === 0 || isFull) {
      batch = [];
      bytes = 0;
      batches.push(batch);
    }
    batch.push(item);
    bytes += size;
  }
  return batches;
}

/**
 * Stores outputs of a job, and reads them back: what their entries say of the rows comes from what
 * stands in the store, not from the encoder (protocol C3).
 *
 * @throws {ShaleError} OBJECT_CORRUPT when something else stands there, CLAIM_LOST when it has gone
 */
export async function putFiles(
  run: CompactionRun,
  group: GroupRun,
  outputs: readonly Output[],
): Promise<readonly DayFileEntry[]> {
  const fan = { concurrency: PUT_CONCURRENCY, signal: run.signal };
  const stored = await fanOut(outputs, fan, (output, signal) =>
    putFile({ ...run, signal }, group, output),
  );
  const inputs = stored.map(({ verify }) => verify);
  const verified = await run.tasks.verify(inputs, { signal: run.signal });
  return stored.map((one, index) => entryOf(one, verified[index]));
}

interface StoredFile extends Output {
  readonly id: string;
  readonly token: string;
  readonly bytes: number;
  readonly crc: number;
  readonly footerCrc: number;
  readonly verify: VerifyInput;
}

async function putFile(
  { store, signal }: Pick<CompactionRun, "store" | "signal">,
  group: GroupRun,
  output: Output,
): Promise<StoredFile> {
  const { claimId, number, file } = output;
  const { shard, day, footerBytes } = file;
  const id = outputId(claimId, number);
  const key = dayFileKey(group.project, group.spec, { shard, day, id });
  const crc = crc32(file.bytes);
  const footerCrc = crc32(file.bytes.subarray(file.bytes.length - footerBytes));
  await store.put(key, file.bytes, { ifAbsent: true }, { signal });
  const stored = await store.get(key, { signal });
  if (stored === undefined) throw await absenceOf({ signal }, group, claimId, key);
  const { bytes, version: token } = stored;
  if (bytes.length !== file.bytes.length || crc32(bytes) !== crc) {
    throw new ShaleError("OBJECT_CORRUPT", `Cannot use ${key}: it is not what was written`, {
      details: { key },
    });
  }
  const verify = { key, bytes, footerBytes };
  return { ...output, id, token, bytes: bytes.length, crc, footerCrc, verify };
}

function entryOf(
  { id, token, bytes, crc, footerCrc, file }: StoredFile,
  read: VerifyOutput | undefined,
): DayFileEntry {
  invariant(read !== undefined, "every file that is stored is verified");
  const difference = generationsDifference(file.footer.generations, read.generations);
  invariant(difference === undefined, `a day file holds the rows that were encoded: ${difference}`);
  return {
    id,
    shard: file.shard,
    day: file.day,
    bytes,
    crc: hexOf(crc),
    token,
    footerBytes: file.footerBytes,
    footerCrc: hexOf(footerCrc),
    rows: read.footer.rows,
    clientRows: read.footer.clientRows,
    users: read.footer.users,
    minTimeMs: read.footer.minTimeMs,
    maxTimeMs: read.footer.maxTimeMs,
    firstPlace: read.footer.firstPlace,
    lastPlace: read.footer.lastPlace,
    distinct: read.footer.distinct,
    tombstone: read.footer.tombstone,
    generations: read.generations,
    seqs: read.footer.seqs,
    eventHashes: eventHashesOf(read.footer.events.map(({ event }) => event)),
  };
}

/** 8 hex digits. */
export function hexOf(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
