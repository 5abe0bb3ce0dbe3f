import type { ColumnKind, PropertyColumnPlan, PropertyCount } from "@shale/columns";
import { eventColumnNames, planPropertyColumns } from "@shale/columns";
import type { StoredEvent } from "@shale/model";
import type { PlainCell, PlainColumn, PlainTable, PlainType } from "../plain-table.ts";

/** A row an event, a column for each kind of each property: named as in SQL. */
export function eventTable(events: readonly StoredEvent[]): PlainTable {
  const own = eventColumnNames.map(
    (name): PlainColumn =>
      name === "time"
        ? { name, type: "timestamp", cells: events.map(({ time }) => Date.parse(time)) }
        : { name, type: "string", cells: events.map((event) => event[name]) },
  );
  const plans = planPropertyColumns(countsOf(events), eventColumnNames);
  return {
    columns: [...own, ...plans.map((plan) => propertyColumn(plan, events))],
    rowCount: events.length,
  };
}

type Value = StoredEvent["properties"][string];

function* countsOf(events: readonly StoredEvent[]): Generator<PropertyCount> {
  for (const { properties } of events) {
    for (const [name, value] of Object.entries(properties)) {
      yield { name, kind: kindOf(value), rows: 1 };
    }
  }
}

function kindOf(value: Value): ColumnKind {
  if (typeof value === "string") return "string";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "list";
}

function propertyColumn(
  { property, kind, name }: PropertyColumnPlan,
  events: readonly StoredEvent[],
): PlainColumn {
  const type: PlainType = kind === "list" ? "string" : kind;
  const cells = events.map(({ properties }): PlainCell => {
    const value = Object.hasOwn(properties, property) ? properties[property] : undefined;
    if (value === undefined || kindOf(value) !== kind) return null;
    return typeof value === "object" ? JSON.stringify(value) : value;
  });
  return { name, type, cells };
}
