import { invariant } from "@shale/model";
import type { Data, DataType, Struct, Table, TimestampMicrosecond } from "apache-arrow";
import type { Arrow } from "./load-arrow.ts";
import { loadArrow } from "./load-arrow.ts";
import type { PlainCell, PlainColumn, PlainTable } from "./plain-table.ts";

/** The table as Apache Arrow: Bool, Float64, Int64, Utf8, Date (days) and Timestamp (UTC; ms, or µs where it takes them). */
export function arrowTableOf({ columns, rowCount }: PlainTable): Table {
  const arrow = loadArrow();
  const fields = columns.map((column) => new arrow.Field(column.name, typeOf(arrow, column), true));
  const schema = new arrow.Schema(fields);
  // By place: the keys of an object would lose their order where a column is called "7".
  const children = columns.map((column) => dataOf(arrow, column));
  const type: Struct = new arrow.Struct(fields);
  const rows = arrow.makeData({ type, length: rowCount, nullCount: 0, children });
  return new arrow.Table(schema, new arrow.RecordBatch(schema, rows));
}

function typeOf(arrow: Arrow, { type, cells }: PlainColumn): DataType {
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
      return isWholeMs(cells)
        ? new arrow.TimestampMillisecond("UTC")
        : new arrow.TimestampMicrosecond("UTC");
  }
}

function isWholeMs(cells: readonly PlainCell[]): boolean {
  return cells.every((cell) => cell === null || Number.isInteger(cell));
}

function dataOf(arrow: Arrow, column: PlainColumn): Data {
  const { cells } = column;
  const type = typeOf(arrow, column);
  if (type instanceof arrow.TimestampMicrosecond) return microsecondsOf(arrow, type, cells);
  const [data, ...more] = arrow.vectorFromArray(cells, type).data;
  if (data === undefined) return arrow.makeData({ type });
  invariant(more.length === 0, "a vector of one array has one part");
  return data;
}

/** Arrow's own way multiplies by 1,000 and refuses what is then no whole number. */
function microsecondsOf(
  arrow: Arrow,
  type: TimestampMicrosecond,
  cells: readonly PlainCell[],
): Data {
  const data = new BigInt64Array(cells.length);
  const nullBitmap = new Uint8Array(Math.ceil(cells.length / 8));
  let nullCount = 0;
  for (const [row, cell] of cells.entries()) {
    if (cell === null) {
      nullCount++;
      continue;
    }
    data[row] = BigInt(Math.round(Number(cell) * 1_000));
    nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return arrow.makeData({ type, length: cells.length, nullCount, nullBitmap, data });
}
