import type { WriterOrdinal } from "@shale/model";
import type { TextTable } from "./text-table.ts";

/** Distinct users of a batch with their sharding hash, split in two unsigned halves. */
export interface UserTable {
  readonly ids: TextTable;
  readonly hashHigh: Uint32Array;
  readonly hashLow: Uint32Array;
}

/**
 * One property with one type. A property seen with several types has one column for each.
 *
 * `rows` undefined: dense, one slot a row, absent ones marked. `rows` given: sparse, slot i belongs
 * to row rows[i], ascending, and no slot is absent.
 */
export type PropertyColumn = TextColumn | NumberColumn | BooleanColumn;
interface ColumnPlace {
  readonly name: string;
  readonly rows: Uint32Array | undefined;
}
/** kind "list": each value is the list as canonical JSON text. */
export interface TextColumn extends ColumnPlace {
  readonly kind: "string" | "list";
  /** 0 = absent, else 1 + index in `values`. */
  readonly codes: Uint32Array;
  readonly values: TextTable;
}
export interface NumberColumn extends ColumnPlace {
  readonly kind: "number";
  /** NaN = absent: no event holds a NaN. -0 is stored as 0. */
  readonly values: Float64Array;
}
export interface BooleanColumn extends ColumnPlace {
  readonly kind: "boolean";
  /** 0 = absent, 1 = false, 2 = true. */
  readonly values: Uint8Array;
}
export type ColumnKind = PropertyColumn["kind"];

/** Events as columns. Row i of every array is the same event. Immutable once made. */
export interface EventBatch {
  readonly rowCount: number;
  readonly users: UserTable;
  /** Index in `users`. */
  readonly userCodes: Uint32Array;
  readonly events: TextTable;
  /** Index in `events`. */
  readonly eventCodes: Uint32Array;
  /** Epoch ms, UTC, whole numbers. */
  readonly timesMs: Float64Array;
  /** 0 = absent, else 1 + index in `insertIds`. A stored id that starts with `~` is not a client's (W4). */
  readonly insertIdCodes: Uint32Array;
  /** Equal ids may stand in it more than once. */
  readonly insertIds: TextTable;
  readonly properties: readonly PropertyColumn[];
}

/** A batch that has its place in one writer's log. */
export interface LoggedBatch extends EventBatch {
  readonly writer: WriterOrdinal;
  /** Strictly rising, whole numbers below 2^53. */
  readonly seqs: Float64Array;
}
