import type { DataType, Table, Vector } from "apache-arrow";
import type { Arrow } from "./load-arrow.ts";
import { loadArrow } from "./load-arrow.ts";
import type { PlainColumn, PlainTable, PlainType } from "./plain-table.ts";

/** The table as Apache Arrow: Bool, Float64, Int64, Utf8, Date (days) and Timestamp (µs, UTC). */
export function arrowTableOf({ columns }: PlainTable): Table {
  const arrow = loadArrow();
  const vectors = columns.map((column) => [column.name, vectorOf(arrow, column)] as const);
  const fields = columns.map(({ name, type }) => new arrow.Field(name, typeOf(arrow, type), true));
  if (columns.length === 0) return new arrow.Table(new arrow.Schema(fields));
  return new arrow.Table(new arrow.Schema(fields), Object.fromEntries(vectors));
}

function typeOf(arrow: Arrow, type: PlainType): DataType {
  switch (type) {
    case "boolean":
      return new arrow.Bool();
    case "number":
      return new arrow.Float64();
    case "bigint":
      return new arrow.Int64();
    case "string":
      return new arrow.Utf8();
    case "date":
      return new arrow.DateDay();
    case "timestamp":
      return new arrow.TimestampMillisecond("UTC");
  }
}

function vectorOf(arrow: Arrow, { type, cells }: PlainColumn): Vector {
  return arrow.vectorFromArray(cells, typeOf(arrow, type));
}
