export type { BatchBuilder } from "./batch-builder.ts";
export { createBatchBuilder } from "./batch-builder.ts";
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
export type { TextTable } from "./text-table.ts";
export { emptyTextTable, textAt, textBytesAt } from "./text-table.ts";
export type { TextTableBuilder } from "./text-table-builder.ts";
export { createTextTableBuilder } from "./text-table-builder.ts";
export type { UserHasher } from "./user-hasher.ts";
export { loadUserHasher } from "./user-hasher.ts";
