import type { LoggedBatch } from "@shale/columns";
import type { Disk } from "@shale/env";
import { scanWal } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { firstSeqOf, lastSeqOf } from "../append/unflushed-rows.ts";
import { segmentNamesOf } from "./log-paths.ts";

/**
 * The appends of a log in the order of their seqs, to its end. After a fence this holds every
 * acknowledged one that no removed segment held, and perhaps later ones, each whole.
 *
 * A segment that vanishes meanwhile was covered by the tail (W3), or the tail is sealed.
 *
 * @throws {ShaleError} WAL_CORRUPT, FORMAT_UNKNOWN, DISK_FAILED, PERMISSION_DENIED: it cannot be
 *   read, and nothing of it may be used, since later records do not wait for earlier ones (W5).
 */
export async function readLog(
  disk: Disk,
  { folder, writer }: { readonly folder: string; readonly writer: WriterOrdinal },
): Promise<readonly LoggedBatch[]> {
  const batches: LoggedBatch[] = [];
  let lastSeq = 0;
  for (const name of segmentNamesOf(await disk.listNames(folder))) {
    const file = `${folder}/${name}`;
    const bytes = await disk.readFile(file);
    if (bytes === undefined) continue;
    const { header, records } = scanWal(bytes, { file });
    if (header !== undefined && header.writer !== writer) {
      throw new ShaleError(
        "WAL_CORRUPT",
        `Cannot read ${file}: writer ${header.writer} wrote it, and it lies in ${writer}'s log`,
        { details: { file } },
      );
    }
    for (const { batch } of records) {
      // A re-append that failed once is written again, with the same seqs, to the next segment.
      if (firstSeqOf(batch) <= lastSeq) continue;
      batches.push(batch);
      lastSeq = lastSeqOf(batch);
    }
  }
  return batches;
}
