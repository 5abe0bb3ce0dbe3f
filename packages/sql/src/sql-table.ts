import type { DuckDBResultReader, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { PlainCell, PlainColumn, PlainTable } from "@shale/arrow";
import type { Duckdb } from "./load-duckdb.ts";

/** Types that JavaScript has none for come as text, as DuckDB prints them. */
export function tableOf(duckdb: Duckdb, reader: DuckDBResultReader): PlainTable {
  const names = uniqueNames(reader.columnNames());
  const types = reader.columnTypes();
  const values = reader.getColumns();
  const columns = names.map((name, index): PlainColumn => {
    const cells = values[index] ?? [];
    return { name, ...columnOf(duckdb, types[index], cells) };
  });
  return { columns, rowCount: reader.currentRowCount };
}

/** Two columns may have one name; programs tell them apart by name. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let number = 2; taken.has(own); number++) own = `${name}:${number}`;
    taken.add(own);
    return own;
  });
}

function columnOf(
  { DuckDBTypeId: Id, DuckDBTimestampValue, DuckDBDateValue }: Duckdb,
  type: DuckDBType | undefined,
  values: readonly DuckDBValue[],
): Omit<PlainColumn, "name"> {
  switch (type?.typeId) {
    case Id.BOOLEAN:
      return { type: "boolean", cells: values.map((value) => cellOf(value, Boolean)) };
    case Id.TINYINT:
    case Id.SMALLINT:
    case Id.INTEGER:
    case Id.UTINYINT:
    case Id.USMALLINT:
    case Id.UINTEGER:
    case Id.FLOAT:
    case Id.DOUBLE:
    case Id.DECIMAL:
      return { type: "number", cells: values.map((value) => cellOf(value, numberOf)) };
    case Id.BIGINT:
    case Id.UBIGINT:
    case Id.HUGEINT:
    case Id.UHUGEINT:
      return wholeColumn(values);
    case Id.DATE:
      return {
        type: "date",
        cells: values.map((value) =>
          value instanceof DuckDBDateValue ? value.days * 86_400_000 : null,
        ),
      };
    case Id.TIMESTAMP:
      return {
        type: "timestamp",
        cells: values.map((value) =>
          value instanceof DuckDBTimestampValue ? Number(value.micros) / 1_000 : null,
        ),
      };
    default:
      return { type: "string", cells: values.map((value) => cellOf(value, String)) };
  }
}

function cellOf(value: DuckDBValue, convert: (value: DuckDBValue) => PlainCell): PlainCell {
  return value === null ? null : convert(value);
}

function numberOf(value: DuckDBValue): number {
  if (typeof value === "object" && value !== null && "toDouble" in value) return value.toDouble();
  return Number(value);
}

const [INT64_MIN, INT64_MAX] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Sums of whole numbers are of 128 bits, most of which are never used. */
function wholeColumn(values: readonly DuckDBValue[]): Omit<PlainColumn, "name"> {
  const cells = values.map((value) => (typeof value === "bigint" ? value : null));
  const fits = cells.every((cell) => cell === null || (cell >= INT64_MIN && cell <= INT64_MAX));
  return fits ? { type: "bigint", cells } : { type: "number", cells: cells.map(doubleOf) };
}

function doubleOf(cell: bigint | null): number | null {
  return cell === null ? null : Number(cell);
}
