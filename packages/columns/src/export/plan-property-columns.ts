import type { ColumnKind } from "../event-batch.ts";

/** How many events have a property as values of one kind. */
export interface PropertyCount {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly rows: number;
}

/** A column of events as readers outside see them: one kind of a property. */
export interface PropertyColumnPlan {
  readonly property: string;
  readonly kind: ColumnKind;
  /** Of the column. */
  readonly name: string;
}

/** In the order in which a tie between kinds is decided, as in day files. */
const KINDS: readonly ColumnKind[] = ["string", "number", "boolean", "list"];

/**
 * The columns of some properties, by property: property p is column p, of the kind that most rows
 * have; its other kinds are p:string, p:number, p:boolean, p:list. Names that differ only in case,
 * or that are in `taken`, get a number: SQL does not tell them apart.
 */
export function planPropertyColumns(
  counts: Iterable<PropertyCount>,
  taken: Iterable<string>,
): PropertyColumnPlan[] {
  const rowsOf = new Map<string, Map<ColumnKind, number>>();
  for (const { name, kind, rows } of counts) {
    const kinds = rowsOf.get(name) ?? new Map<ColumnKind, number>();
    kinds.set(kind, (kinds.get(kind) ?? 0) + rows);
    rowsOf.set(name, kinds);
  }
  const names = new Set(Array.from(taken, folded));
  const plans: PropertyColumnPlan[] = [];
  const properties = [...rowsOf].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [property, kinds] of properties) {
    const byRows = KINDS.filter((kind) => kinds.has(kind)).sort(
      (a, b) => (kinds.get(b) ?? 0) - (kinds.get(a) ?? 0),
    );
    for (const [index, kind] of byRows.entries()) {
      const name = freeName(index === 0 ? property : `${property}:${kind}`, names);
      plans.push({ property, kind, name });
    }
  }
  return plans;
}

/** The name, or the first of name:2, name:3, … that is free. */
function freeName(wanted: string, taken: Set<string>): string {
  const base = wanted === "" ? ":" : wanted;
  let name = base;
  for (let number = 2; taken.has(folded(name)); number++) name = `${base}:${number}`;
  taken.add(folded(name));
  return name;
}

function folded(name: string): string {
  return name.toLowerCase();
}
