import { DAY_MS, invariant } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import { compareBytes } from "@shale/scan";
import type { RowSelect } from "../filter/row-select.ts";

/** One row of one of several batches. */
export interface RowPlace {
  readonly batch: ScanBatch;
  readonly row: number;
}

/** Rows of one UTC day: row i is row `rowOf[i]` of batch `batchOf[i]`. */
export interface DayRows {
  readonly batches: readonly ScanBatch[];
  readonly count: number;
  readonly batchOf: Uint32Array;
  readonly rowOf: Uint32Array;
}

export interface DayOrder {
  /** The rows wanted of one UTC day's batches, by (time, user_id, event, insert_id). */
  rowsOf(batches: readonly ScanBatch[]): DayRows;
}

/** A time of day takes 27 bits of a double's 53, so this many rows can be numbered beside it. */
const ROW_COUNT_MAX = 2 ** 26;

export function createDayOrder(
  select: RowSelect | undefined,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): DayOrder {
  function rowsOf(batches: readonly ScanBatch[]): DayRows {
    const rowCount = batches.reduce((sum, batch) => sum + batch.rowCount, 0);
    invariant(rowCount <= ROW_COUNT_MAX, `the rows of a day can be numbered: ${rowCount}`);
    const batchOf = new Uint32Array(rowCount);
    const rowOf = new Uint32Array(rowCount);
    const keys = new Float64Array(rowCount);
    let count = 0;
    for (const [index, batch] of batches.entries()) {
      const mask = select?.maskOf(batch, undefined);
      for (let row = 0; row < batch.rowCount; row++) {
        const atMs = batch.timesMs[row] ?? 0;
        if (mask?.[row] === 0 || atMs < fromMs || atMs >= toMs) continue;
        batchOf[count] = index;
        rowOf[count] = row;
        keys[count] = (atMs - batch.day * DAY_MS) * ROW_COUNT_MAX + count;
        count++;
      }
    }
    const sorted = keys.subarray(0, count).sort();
    const places = { batches, batchOf, rowOf };
    for (let start = 0; start < count; ) {
      const timeOf = (index: number): number => Math.floor((sorted[index] ?? 0) / ROW_COUNT_MAX);
      let end = start + 1;
      while (end < count && timeOf(end) === timeOf(start)) end++;
      const tied = sorted.subarray(start, end);
      if (tied.length > 1) tied.sort((left, right) => compareTied(places, left, right));
      start = end;
    }
    const numbers = Uint32Array.from(sorted, (key) => key % ROW_COUNT_MAX);
    return {
      batches,
      count,
      batchOf: numbers.map((number) => batchOf[number] ?? 0),
      rowOf: numbers.map((number) => rowOf[number] ?? 0),
    };
  }
  return { rowsOf };
}

type Places = Pick<DayRows, "batches" | "batchOf" | "rowOf">;

/** One row of a day. */
export function placeAt({ batches, batchOf, rowOf }: Places, index: number): RowPlace {
  const batch = batches[batchOf[index] ?? 0];
  invariant(batch !== undefined, `row ${index} lies in a batch`);
  return { batch, row: rowOf[index] ?? 0 };
}

/** Order of two rows of one time, given by their keys. */
function compareTied(places: Places, leftKey: number, rightKey: number): number {
  const left = placeAt(places, leftKey % ROW_COUNT_MAX);
  const right = placeAt(places, rightKey % ROW_COUNT_MAX);
  const [leftUser, rightUser] = [left, right].map(({ batch, row }) =>
    batch.users.bytesAt(batch.userCodes[row] ?? 0),
  );
  const [leftEvent, rightEvent] = [left, right].map(({ batch, row }) =>
    batch.events.bytesAt(batch.eventCodes[row] ?? 0),
  );
  return (
    compareBytes(leftUser ?? NOTHING, rightUser ?? NOTHING) ||
    compareBytes(leftEvent ?? NOTHING, rightEvent ?? NOTHING) ||
    compareBytes(left.batch.insertIdAt(left.row), right.batch.insertIdAt(right.row))
  );
}

const NOTHING = new Uint8Array(0);
