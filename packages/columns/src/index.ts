export type { BatchBuilder } from "./batch-builder.ts";
export { createBatchBuilder } from "./batch-builder.ts";
export { batchBytes } from "./batch-bytes.ts";
export type { ByteInterner } from "./byte-interner.ts";
export { createByteInterner } from "./byte-interner.ts";
export type { StoredValue } from "./column-at.ts";
export { columnAt, denseColumn } from "./column-at.ts";
export { concatBatches } from "./concat-batches.ts";
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
export { selectRows } from "./select-rows.ts";
export type { StoredBatch } from "./stored-batch.ts";
export type { TextTable } from "./text-table.ts";
export { emptyTextTable, textAt, textBytesAt } from "./text-table.ts";
export type { TextTableBuilder } from "./text-table-builder.ts";
export { createTextTableBuilder } from "./text-table-builder.ts";
export type { UserHasher } from "./user-hasher.ts";
export { loadUserHasher } from "./user-hasher.ts";
