import type { ColumnKind, PropertyColumn, StoredValue, TextTable } from "@shale/columns";
import { columnAt, createTextTableBuilder, textAt } from "@shale/columns";
import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";

/** The rest column as one sparse column of JSON texts: `{"name":value,…}`, names ascending. */
export interface RestTexts {
  readonly rows: Uint32Array;
  readonly codes: Uint32Array;
  readonly values: TextTable;
}

/** Joins the rarest properties into one JSON object a row. */
export function encodeRest(columns: readonly PropertyColumn[], rowCount: number): RestTexts {
  const byRow = new Map<number, string[]>();
  const named = columns.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  for (const column of named) {
    const name = JSON.stringify(column.name);
    for (const row of rowsOf(column, rowCount)) {
      const members = byRow.get(row);
      const member = `${name}:${jsonAt(column, row)}`;
      if (members === undefined) byRow.set(row, [member]);
      else members.push(member);
    }
  }
  const rows = Uint32Array.from(byRow.keys()).sort();
  const texts = createTextTableBuilder();
  const codes = Uint32Array.from(
    rows,
    (row) => 1 + texts.intern(`{${(byRow.get(row) ?? []).join(",")}}`),
  );
  return { rows, codes, values: texts.build() };
}

function* rowsOf(column: PropertyColumn, rowCount: number): Iterable<number> {
  if (column.rows !== undefined) yield* column.rows;
  else {
    for (let row = 0; row < rowCount; row++) if (columnAt(column, row) !== undefined) yield row;
  }
}

function jsonAt(column: PropertyColumn, row: number): string {
  const value = columnAt(column, row);
  invariant(
    typeof value !== "number" || Number.isFinite(value),
    `the number of ${column.name} is finite`,
  );
  return JSON.stringify(value);
}

/** A property of the rest column: the rows that have it, ascending, and its values there. */
export interface RestProperty {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly rows: number[];
  readonly values: StoredValue[];
}

/**
 * Takes the texts of a rest column apart.
 *
 * @param texts One for each of `rows`.
 * @param wanted Names, or all of them.
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function decodeRest(
  { rows, codes, values }: RestTexts,
  wanted: ReadonlySet<string> | "all",
  source: string,
): readonly RestProperty[] {
  const found = new Map<string, RestProperty>();
  rows.forEach((row, slot) => {
    for (const [name, value] of membersOf(textAt(values, (codes[slot] ?? 1) - 1), source)) {
      if (wanted !== "all" && !wanted.has(name)) continue;
      const kind = kindOf(value);
      if (kind === undefined) throw corrupt(source, `${name} has no value in the rest column`);
      const key = `${kind} ${name}`;
      const property = found.get(key) ?? { name, kind, rows: [], values: [] };
      found.set(key, property);
      property.rows.push(row);
      property.values.push(value as StoredValue);
    }
  });
  return [...found.values()];
}

function membersOf(text: string, source: string): readonly [string, unknown][] {
  try {
    // A reviver is not used: it would lose a property named __proto__, as assignment does.
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return Object.entries(value);
  } catch (error) {
    throw corrupt(source, "a text of the rest column is not JSON", error);
  }
  throw corrupt(source, "a text of the rest column is not an object");
}

function kindOf(value: unknown): ColumnKind | undefined {
  if (Array.isArray(value)) return "list";
  const kind = typeof value;
  return kind === "string" || kind === "number" || kind === "boolean" ? kind : undefined;
}
