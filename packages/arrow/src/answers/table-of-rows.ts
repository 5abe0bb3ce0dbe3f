import type { Segment, SegmentValue } from "@shale/model";
import type { PlainCell, PlainColumn, PlainTable, PlainType } from "../plain-table.ts";

export interface ColumnType {
  readonly name: string;
  readonly type: PlainType;
}

/** A table of rows that have a cell for each column. */
export function tableOfRows(
  columns: readonly ColumnType[],
  rows: readonly (readonly PlainCell[])[],
): PlainTable {
  return {
    columns: columns.map((column, index) => ({
      ...column,
      cells: rows.map((row) => row[index] ?? null),
    })),
    rowCount: rows.length,
  };
}

/** Numbers of one segment, or of all events where there is none. */
export interface SegmentRow {
  readonly segment: Segment | undefined;
  readonly cells: readonly PlainCell[];
}

/**
 * A table of rows that belong to segments: `scope` ("overall", "segment" or "other") and by1, by2, …
 * stand before the columns given. Segments without a row are told apart by nothing, so the columns
 * by1, by2, … are as many as the longest `by`.
 */
export function tableOfSegments(
  columns: readonly ColumnType[],
  rows: readonly SegmentRow[],
): PlainTable {
  const keys = rows.map(({ segment }) => segment?.by ?? []);
  const depth = keys.reduce((most, { length }) => Math.max(most, length), 0);
  const scope: PlainColumn = {
    name: "scope",
    type: "string",
    cells: rows.map(({ segment }) => scopeOf(segment)),
  };
  const byColumns = Array.from({ length: depth }, (_, index) =>
    keyColumn(
      `by${index + 1}`,
      keys.map((key) => key[index] ?? null),
    ),
  );
  const rest = tableOfRows(
    columns,
    rows.map(({ cells }) => cells),
  );
  return { columns: [scope, ...byColumns, ...rest.columns], rowCount: rows.length };
}

function scopeOf(segment: Segment | undefined): string {
  if (segment === undefined) return "overall";
  return segment.other === true ? "other" : "segment";
}

/** Of the type that all values have; texts where they have several. */
function keyColumn(name: string, values: readonly SegmentValue[]): PlainColumn {
  const types = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  const [type] = types;
  if (types.size === 1 && (type === "number" || type === "boolean")) {
    return { name, type, cells: values };
  }
  const cells = values.map((value) => (value === null ? null : String(value)));
  return { name, type: "string", cells };
}
