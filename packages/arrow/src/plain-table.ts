/** What the cells of a column are; null is in every type. */
export type PlainType =
  | "boolean"
  | "number" // 64-bit floating point
  | "bigint" // whole numbers of 64 bits
  | "string"
  | "date" // ms since 1970 of a UTC midnight
  | "timestamp"; // ms since 1970
export type PlainCell = boolean | number | bigint | string | null;

export interface PlainColumn {
  readonly name: string;
  readonly type: PlainType;
  /** Row by row. */
  readonly cells: readonly PlainCell[];
}

/** A table as plain data, column by column. */
export interface PlainTable {
  readonly columns: readonly PlainColumn[];
  readonly rowCount: number;
}
