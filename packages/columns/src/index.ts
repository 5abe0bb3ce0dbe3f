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
