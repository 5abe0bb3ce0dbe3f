import type { LoggedBatch } from "@shale/columns";
import type { CallOptions, Env } from "@shale/env";
import { decodeTailObject } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError, tailNumber } from "@shale/model";
import { tailKey } from "../object-keys.ts";
import { rowsIn } from "./pin-rows.ts";
import type { PinSnapshot, SnapshotPosition } from "./pin-snapshot.ts";

export interface SnapshotReading extends CallOptions {
  readonly project: ProjectId;
  readonly wanted: PinSnapshot;
  /** The rows in memory now, taken before any tail object is read (protocol W6). */
  readonly memory: readonly LoggedBatch[];
}

/**
 * The rows that were in memory when the snapshot was taken, wherever they are now.
 *
 * @throws {ShaleError} SNAPSHOT_EXPIRED when they cannot all be found: they moved to another writer
 * or are in the log of another process
 */
export async function readSnapshotRows(
  env: Env,
  reading: SnapshotReading,
): Promise<readonly LoggedBatch[]> {
  const batches: LoggedBatch[] = [];
  for (const [writer, position] of reading.wanted.writers) {
    if (position.memoryRows === 0) continue;
    const found = await readRowsOf(env, writer, position, reading);
    const rowCount = found.reduce((sum, batch) => sum + batch.rowCount, 0);
    if (rowCount !== position.memoryRows) {
      throw snapshotExpired(
        `${position.memoryRows} rows of writer ${writer} were in memory, ${rowCount} are found`,
      );
    }
    batches.push(...found);
  }
  return batches;
}

async function readRowsOf(
  env: Env,
  writer: WriterOrdinal,
  { n, lastSeq, memorySeq }: SnapshotPosition,
  { project, memory, signal }: SnapshotReading,
): Promise<LoggedBatch[]> {
  const found: LoggedBatch[] = [];
  let above = lastSeq;
  for (let next = n + 1; above < memorySeq; next++) {
    const key = tailKey(project, writer, tailNumber(next));
    const stored = await env.store.get(key, { signal });
    if (stored === undefined) break;
    const object = decodeTailObject(stored.bytes, { key });
    const rows = object.batch && rowsIn(object.batch, { above, upTo: memorySeq });
    if (rows !== undefined) found.push(rows);
    above = Math.max(above, object.lastSeq);
  }
  const unflushed = memory
    .filter((batch) => batch.writer === writer)
    .flatMap((batch) => rowsIn(batch, { above, upTo: memorySeq }) ?? []);
  return [...found, ...unflushed];
}

export function snapshotExpired(why: string): ShaleError {
  return new ShaleError("SNAPSHOT_EXPIRED", `Cannot read the snapshot again: ${why}`);
}
