import type { ColumnKind } from "@shale/columns";
import { invariant } from "@shale/model";
import type { DayFileColumn, NamedColumn } from "./day-file.ts";

/** The columns that every day file has, in their order; properties follow. */
export const fixedColumns = [
  "user_id",
  "time",
  "event",
  "insert_id",
  "seq",
  "writer",
  "generation",
] as const;
export type FixedColumn = (typeof fixedColumns)[number];

/** Names of columns and of the folders of a store, which readers show as columns. */
const reserved: ReadonlySet<string> = new Set([...fixedColumns, "spec", "shard", "day"]);

/** Columns of properties in one file, the rest column included. */
export const PROPERTY_COLUMNS_MAX = 2000;
/** Holds a JSON object a row: the properties that have no column of their own. */
export const REST_COLUMN = "rest:json";

/** Where ties are broken: the first of these takes the plain name. */
const kindOrder: readonly ColumnKind[] = ["string", "number", "boolean", "list"];

/**
 * Names the columns of properties, in the order given.
 *
 * Property `p` is column `p`. It is `p:<escaped name>` where the plain name would be taken for
 * another one, ignoring case, or could not be read back. The commonest kind of a property has the
 * name alone, its siblings add `:<kind>`.
 */
export function nameColumns(columns: readonly DayFileColumn[]): readonly NamedColumn[] {
  const kinds = new Map<string, DayFileColumn[]>();
  for (const column of columns) {
    const siblings = kinds.get(column.name);
    if (siblings === undefined) kinds.set(column.name, [column]);
    else siblings.push(column);
  }
  const folded = new Map<string, number>();
  for (const name of kinds.keys()) {
    const key = name.toLowerCase();
    folded.set(key, (folded.get(key) ?? 0) + 1);
  }
  const isRest = rarest(columns);
  const taken = new Set<string>();
  return columns.map((column) => {
    const { name, kind } = column;
    const siblings = kinds.get(name) ?? [];
    if (isRest.has(column)) return { ...column, column: REST_COLUMN };
    const alone = (folded.get(name.toLowerCase()) ?? 0) === 1;
    const stem = alone && isPlain(name, siblings.length) ? name : `p:${escaped(name)}`;
    const chosen = commonest(siblings) === column ? stem : `${stem}:${kind}`;
    invariant(!taken.has(chosen.toLowerCase()), `two columns are named ${chosen}`);
    taken.add(chosen.toLowerCase());
    return { ...column, column: chosen };
  });
}

function isPlain(name: string, kindCount: number): boolean {
  const key = name.toLowerCase();
  if (name === "" || name.includes(":") || reserved.has(key)) return false;
  // "p" with siblings would be taken for escaped names: p:string.
  if (key === "p" && kindCount > 1) return false;
  // Readers in JavaScript lose this one, others stumble over control characters.
  return key !== "__proto__" && !/\p{Cc}/u.test(name);
}

const encoder = new TextEncoder();

/** Unique ignoring case: capital letters are escaped too. */
function escaped(name: string): string {
  let text = "";
  for (const byte of encoder.encode(name)) {
    const sign = String.fromCharCode(byte);
    text += /[a-z0-9_.-]/.test(sign) ? sign : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return text;
}

function byCount(left: DayFileColumn, right: DayFileColumn): number {
  return right.rows - left.rows || kindOrder.indexOf(left.kind) - kindOrder.indexOf(right.kind);
}

function commonest(siblings: readonly DayFileColumn[]): DayFileColumn | undefined {
  return siblings.toSorted(byCount)[0];
}

/** Those that do not get a column: none while all fit. */
function rarest(columns: readonly DayFileColumn[]): ReadonlySet<DayFileColumn> {
  if (columns.length <= PROPERTY_COLUMNS_MAX) return new Set();
  const ranked = columns.toSorted(
    (left, right) => byCount(left, right) || (left.name < right.name ? -1 : 1),
  );
  return new Set(ranked.slice(PROPERTY_COLUMNS_MAX - 1));
}
