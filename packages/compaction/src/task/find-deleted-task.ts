import { createTombstoneFilter } from "@shale/columns";
import { decodeDayFileRows, openDayFile } from "@shale/format";
import type { FileBytes } from "./file-rows.ts";
import type { TaskTombstones } from "./task-place.ts";

export interface FindDeletedInput {
  /** The columns that always come: users, events, times. */
  readonly file: FileBytes;
  readonly tombstones: TaskTombstones;
}

/** Users, events and times alone. */
export const userRows = { places: false, properties: [] } as const;

/**
 * Whether a deleted user has a row in the file. It may have been appended after the delete.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN
 */
export function findDeleted({ file, tombstones }: FindDeletedInput): boolean {
  const { key, size, tail, parts } = file;
  const { userIds } = decodeDayFileRows(openDayFile(tail, { key, size }), userRows, parts, { key });
  const filter = createTombstoneFilter(tombstones.key, tombstones.tombstones);
  return filter.limitsOf(userIds) !== undefined;
}
