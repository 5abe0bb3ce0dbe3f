export type { BatchBuilder } from "./batch-builder.ts";
export { createBatchBuilder } from "./batch-builder.ts";
export { batchBytes } from "./batch-bytes.ts";
export type { ByteInterner } from "./byte-interner.ts";
export { createByteInterner } from "./byte-interner.ts";
export type { StoredValue } from "./column-at.ts";
export { columnAt, denseColumn } from "./column-at.ts";
export { concatBatches } from "./concat/concat-batches.ts";
export type { RepeatableRows } from "./day/find-repeats.ts";
export { findRepeats } from "./day/find-repeats.ts";
export type { RowSource } from "./day/gather-rows.ts";
export { gatherSorted, withoutRows } from "./day/gather-sorted.ts";
export { storedBatchOf } from "./day/stored-batch-of.ts";
export type { Digest } from "./digest/digest.ts";
export {
  addDigests,
  digestText,
  emptyDigest,
  isDigestText,
  parseDigest,
  subtractDigests,
} from "./digest/digest.ts";
export { digestsByGeneration } from "./digest/digests-by-generation.ts";
export type { PartDigest } from "./digest/digests-by-part.ts";
export { digestsByPart, NO_PART } from "./digest/digests-by-part.ts";
export type { GenerationDigest } from "./digest/generation-digests.ts";
export {
  generationsDifference,
  subtractGenerations,
  sumGenerations,
} from "./digest/generation-digests.ts";
export type { DigestedRows } from "./digest/row-terms.ts";
export type { BatchEvent } from "./event-at.ts";
export { eventAt } from "./event-at.ts";
export type {
  BooleanColumn,
  ColumnKind,
  EventBatch,
  LoggedBatch,
  NumberColumn,
  PropertyColumn,
  TextColumn,
  UserTable,
} from "./event-batch.ts";
export type { EventColumns, EventEncoder } from "./export/event-columns.ts";
export { eventColumnNames } from "./export/event-columns.ts";
export type { PropertyColumnPlan, PropertyCount } from "./export/plan-property-columns.ts";
export { planPropertyColumns } from "./export/plan-property-columns.ts";
export { selectRows } from "./select-rows.ts";
export type { StoredBatch } from "./stored-batch.ts";
export type { TextTable } from "./text-table.ts";
export { compareTexts, emptyTextTable, selectTexts, textAt, textBytesAt } from "./text-table.ts";
export type { TextTableBuilder } from "./text-table-builder.ts";
export { createTextTableBuilder } from "./text-table-builder.ts";
export { coarserPlace, finerPlace, leadingBits, reversedBits } from "./users/place-shifts.ts";
export type { Tombstone, TombstoneFilter } from "./users/tombstone-filter.ts";
export { createTombstoneFilter, hiddenRows, tombstoneHash } from "./users/tombstone-filter.ts";
export type { UserHasher } from "./users/user-hasher.ts";
export { loadUserHasher } from "./users/user-hasher.ts";
export type { UserPlaces } from "./users/user-places.ts";
export { hashUsers, parsePlace, placeText, userPlaces } from "./users/user-places.ts";
