import type { LoggedBatch } from "@shale/columns";
import { invariant, type TailNumber, type WriterOrdinal } from "@shale/model";

/** What a tail object says of itself before its rows. */
export interface TailHeader {
  readonly writer: WriterOrdinal;
  readonly n: TailNumber;
  /** 32 hex digits drawn for this flush: tells one's own object from another's (W3). */
  readonly nonce: string;
  /** Of its rows; without rows lastSeq + 1. */
  readonly firstSeq: number;
  /** Of its rows; without rows the greatest seq that the writer's tail covers, 0 for none. */
  readonly lastSeq: number;
  readonly rowCount: number;
  /** Rows whose insert_id a client sent: only those can have duplicates (R3, R4). */
  readonly clientInsertIds: number;
  /** null without rows. */
  readonly minTimeMs: number | null;
  readonly maxTimeMs: number | null;
  /** The last object of its writer (W4). A sealed object has no rows. */
  readonly sealed: boolean;
}
/** The rows of one flush, or none: an idle writer's mark, or a seal. */
export interface TailObject extends TailHeader {
  /** undefined without rows. */
  readonly batch: LoggedBatch | undefined;
}

/** The header fields that follow from the rows. */
export type RowFacts = Pick<
  TailHeader,
  "firstSeq" | "lastSeq" | "rowCount" | "clientInsertIds" | "minTimeMs" | "maxTimeMs"
>;

/** The tail object of a flush; `batch` has a row at least. */
export function tailObjectOf(flush: {
  readonly n: TailNumber;
  readonly nonce: string;
  readonly batch: LoggedBatch;
}): TailObject {
  const { n, nonce, batch } = flush;
  return { writer: batch.writer, n, nonce, ...rowFactsOf(batch), sealed: false, batch };
}

/** A tail object without rows; `lastSeq` is the greatest seq of the objects before it, 0 for none. */
export function emptyTailObject(
  place: Pick<TailHeader, "writer" | "n" | "nonce" | "lastSeq" | "sealed">,
): TailObject {
  return { ...place, ...emptyFactsOf(place.lastSeq), batch: undefined };
}

export function emptyFactsOf(lastSeq: number): RowFacts {
  return {
    firstSeq: lastSeq + 1,
    lastSeq,
    rowCount: 0,
    clientInsertIds: 0,
    minTimeMs: null,
    maxTimeMs: null,
  };
}

export function rowFactsOf(batch: LoggedBatch): RowFacts {
  const { seqs, rowCount, timesMs } = batch;
  const firstSeq = seqs[0];
  const lastSeq = seqs[rowCount - 1];
  invariant(firstSeq !== undefined && lastSeq !== undefined, "a flush has a row at least");
  let [minTimeMs, maxTimeMs] = [Infinity, -Infinity];
  for (let row = 0; row < rowCount; row++) {
    const timeMs = timesMs[row] ?? 0;
    if (timeMs < minTimeMs) minTimeMs = timeMs;
    if (timeMs > maxTimeMs) maxTimeMs = timeMs;
  }
  const clientInsertIds = clientInsertIdsOf(batch);
  return { firstSeq, lastSeq, rowCount, clientInsertIds, minTimeMs, maxTimeMs };
}

const TILDE = 0x7e;

/** A stored id that starts with ~ was derived for a row that was moved to another writer (W4). */
function clientInsertIdsOf({ insertIds, insertIdCodes }: LoggedBatch): number {
  const isClients = new Uint8Array(insertIds.count + 1);
  for (let index = 0; index < insertIds.count; index++) {
    const start = insertIds.offsets[index] ?? 0;
    const isEmpty = start === insertIds.offsets[index + 1];
    isClients[index + 1] = isEmpty || insertIds.bytes[start] !== TILDE ? 1 : 0;
  }
  let count = 0;
  for (let row = 0; row < insertIdCodes.length; row++) {
    count += isClients[insertIdCodes[row] ?? 0] ?? 0;
  }
  return count;
}
