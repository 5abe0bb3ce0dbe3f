import type { ScanBatch } from "../scan-batch.ts";
import { compareBytes } from "./compare-bytes.ts";

/** What of a batch decides the order of its rows. */
export type OrderedRows = Pick<
  ScanBatch,
  "rowCount" | "userCodes" | "eventCodes" | "events" | "timesMs" | "insertIdAt"
>;

/** Order of two rows of one user: time, event name and insert_id, bytewise. Never 0 for two rows. */
export function compareRows(rows: OrderedRows, left: number, right: number): number {
  const before = (rows.timesMs[left] ?? 0) - (rows.timesMs[right] ?? 0);
  if (before !== 0) return before;
  const [leftEvent, rightEvent] = [rows.eventCodes[left] ?? 0, rows.eventCodes[right] ?? 0];
  if (leftEvent !== rightEvent) {
    return compareBytes(rows.events.bytesAt(leftEvent), rows.events.bytesAt(rightEvent));
  }
  return compareBytes(rows.insertIdAt(left), rows.insertIdAt(right));
}

/** Row numbers ordered by user code, then as `compareRows`. */
export function orderByUser(rows: OrderedRows): Uint32Array {
  const { rowCount, userCodes } = rows;
  let userCount = 0;
  for (let row = 0; row < rowCount; row++) {
    userCount = Math.max(userCount, (userCodes[row] ?? 0) + 1);
  }
  const ends = new Uint32Array(userCount + 1);
  for (let row = 0; row < rowCount; row++) {
    const next = (userCodes[row] ?? 0) + 1;
    ends[next] = (ends[next] ?? 0) + 1;
  }
  for (let user = 1; user <= userCount; user++)
    ends[user] = (ends[user] ?? 0) + (ends[user - 1] ?? 0);
  const order = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const user = userCodes[row] ?? 0;
    const at = ends[user] ?? 0;
    order[at] = row;
    ends[user] = at + 1;
  }
  let start = 0;
  for (let user = 0; user < userCount; user++) {
    const end = ends[user] ?? 0;
    if (end - start > 1) order.subarray(start, end).sort((a, b) => compareRows(rows, a, b));
    start = end;
  }
  return order;
}
