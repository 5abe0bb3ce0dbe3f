import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import { generationsDifference } from "@shale/columns";
import type { DayFileEntry } from "@shale/format";
import { outputId } from "@shale/format";
import { invariant, ShaleError } from "@shale/model";
import type { EncodedFile } from "../task/task-place.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { absenceOf } from "./under-claim.ts";

export interface OutputName {
  readonly claimId: string;
  readonly number: number;
}

/**
 * Stores one output of a job, and reads it back: what the entry says of the rows comes from what
 * stands in the store, not from the encoder (protocol C3).
 *
 * @throws {ShaleError} OBJECT_CORRUPT when something else stands there, CLAIM_LOST when it has gone
 */
export async function putFile(
  run: CompactionRun,
  group: GroupRun,
  { claimId, number }: OutputName,
  file: EncodedFile,
): Promise<DayFileEntry> {
  const { store, signal, tasks } = run;
  const { shard, day, footer } = file;
  const id = outputId(claimId, number);
  const key = dayFileKey(group.project, group.spec, { shard, day, id });
  const crc = crc32(file.bytes);
  const footerBytes = file.footerBytes;
  const footerCrc = crc32(file.bytes.subarray(file.bytes.length - footerBytes));
  await store.put(key, file.bytes, { ifAbsent: true }, { signal });
  const stored = await store.get(key, { signal });
  if (stored === undefined) throw await absenceOf(run, group, claimId, key);
  if (stored.bytes.length !== file.bytes.length || crc32(stored.bytes) !== crc) {
    throw new ShaleError("OBJECT_CORRUPT", `Cannot use ${key}: it is not what was written`, {
      details: { key },
    });
  }
  const bytes = stored.bytes.length;
  const read = await tasks.verify({ key, bytes: stored.bytes, footerBytes }, { signal });
  const difference = generationsDifference(footer.generations, read.generations);
  invariant(difference === undefined, `a day file holds the rows that were encoded: ${difference}`);
  return {
    id,
    shard,
    day,
    bytes,
    crc: hexOf(crc),
    token: stored.version,
    footerBytes,
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
  };
}

/** 8 hex digits. */
export function hexOf(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
