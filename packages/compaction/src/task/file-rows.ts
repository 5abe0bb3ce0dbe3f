import type { StoredBatch, UserHasher } from "@shale/columns";
import { hashUsers } from "@shale/columns";
import type { DayFileRows } from "@shale/format";
import { decodeDayFileRows, openDayFile, planDayFileRead } from "@shale/format";
import { invariant } from "@shale/model";

/** The bytes of a day file that a task needs. */
export interface FileBytes {
  readonly key: string;
  /** Of the whole object. */
  readonly size: number;
  /** Its end: the footer at least. */
  readonly tail: Uint8Array;
  /** Numbers of the row groups that `parts` hold; undefined: all. */
  readonly rowGroups: readonly number[] | undefined;
  /** What `planDayFileRead` asked for. */
  readonly parts: readonly Uint8Array[];
}

/** Everything that a row group holds. */
export function wholeRows(rowGroups: readonly number[] | undefined) {
  return { places: true, properties: "all", rowGroups } as const;
}

/** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN */
export function storedRowsOf(
  { key, size, tail, rowGroups, parts }: FileBytes,
  hasher: UserHasher,
): StoredBatch {
  const index = openDayFile(tail, { key, size });
  return batchOfRows(decodeDayFileRows(index, wholeRows(rowGroups), parts, { key }), hasher);
}

export function batchOfRows(
  { userIds, places, ...rows }: DayFileRows,
  hasher: UserHasher,
): StoredBatch {
  invariant(places !== undefined, "rows that are written again come with their places");
  return { ...rows, ...places, users: hashUsers(hasher, userIds) };
}

/** A whole object as a task takes it. */
export function wholeFileOf(key: string, bytes: Uint8Array, footerBytes: number): FileBytes {
  const size = bytes.length;
  const tail = bytes.subarray(size - footerBytes);
  const index = openDayFile(tail, { key, size });
  const parts = planDayFileRead(index, wholeRows(undefined)).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  return { key, size, tail, rowGroups: undefined, parts };
}
