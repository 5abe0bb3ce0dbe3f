import type { PlainCell, PlainTable, PlainType } from "@shale/engine";
import type { FlatRows } from "./flat-rows.ts";
import type { Layout } from "./table.ts";
import { tableText } from "./table.ts";

/** The rows of a table as records, in values that JSON has. */
export function plainRows({ columns, rowCount }: PlainTable): FlatRows {
  const rows = Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(
      columns.map(({ name, type, cells }) => [name, jsonValue(type, cells[row] ?? null)]),
    ),
  );
  return { columns: columns.map(({ name }) => name), rows };
}

/** What `--json` prints: the types tell what the texts of times and large numbers are. */
export function plainDocument(table: PlainTable) {
  const columns = table.columns.map(({ name, type }) => ({ name, type }));
  return { columns, rows: plainRows(table).rows };
}

export function plainTableText(table: PlainTable, layout: Layout): string {
  const { columns, rowCount } = table;
  if (columns.length === 0) return "";
  const titles = columns.map(({ name, type }) => {
    const isNumber = type === "number" || type === "bigint";
    const fixed = type === "date" || type === "timestamp";
    return { title: name, align: isNumber ? ("right" as const) : ("left" as const), fixed };
  });
  const rows = Array.from({ length: rowCount }, (_, row) =>
    columns.map(({ type, cells }) => {
      const value = jsonValue(type, cells[row] ?? null);
      return value === null ? "" : String(value);
    }),
  );
  return tableText(titles, rows, layout);
}

/** A whole number beyond 2^53 is text: as a number it would be another one. */
function jsonValue(type: PlainType, cell: PlainCell): string | number | boolean | null {
  if (cell === null) return null;
  if (typeof cell === "bigint") {
    const number = Number(cell);
    return Number.isSafeInteger(number) ? number : cell.toString();
  }
  if (type === "timestamp") return new Date(Number(cell)).toISOString();
  if (type === "date") return new Date(Number(cell)).toISOString().slice(0, 10);
  return cell;
}
