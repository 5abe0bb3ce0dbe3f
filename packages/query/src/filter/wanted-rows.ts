import { unreachable } from "@shale/model";
import type { RowsWanted, ValueWanted } from "@shale/scan";
import type {
  FilterValue,
  ParsedFilter,
  ParsedPropertyFilter,
  ParsedSelect,
} from "../parse/parsed-query.ts";
import { isColumn } from "./row-select.ts";

/**
 * What a row has that passes `where` and is taken by one of the selects: files say of themselves
 * when they have no such row. It may say less than the filters do, never more.
 */
export function wantedRows(
  where: ParsedFilter | undefined,
  selects: readonly ParsedSelect[],
): RowsWanted {
  const isAny = selects.some(({ events }) => events === undefined);
  const [only] = selects;
  return {
    events: isAny ? undefined : [...new Set(selects.flatMap(({ events }) => events ?? []))],
    values: [...demandsOf(where), ...(selects.length === 1 ? demandsOf(only?.where) : [])],
  };
}

function demandsOf(filter: ParsedFilter | undefined): ValueWanted[] {
  if (filter === undefined) return [];
  switch (filter.kind) {
    case "property":
      return isColumn(filter.property) ? demandOf(filter) : [];
    case "all":
      return filter.filters.flatMap(demandsOf);
    case "any":
    case "not":
    case "cohort":
      return [];
    default:
      return unreachable(filter);
  }
}

function demandOf({ property, op, values }: ParsedPropertyFilter): ValueWanted[] {
  switch (op) {
    case "neq":
    case "notIn":
    case "notContains":
    case "isNotSet":
      return []; // A row without the property passes.
    case "isSet":
    case "contains":
    case "startsWith":
    case "endsWith":
      return [{ property, mayHold: () => true }];
    case "eq":
    case "in":
      return [withinRange(property, values, (value) => [value, value])];
    case "lt":
    case "lte":
      return [withinRange(property, values, (value) => [Number.NEGATIVE_INFINITY, value])];
    case "gt":
    case "gte":
      return [withinRange(property, values, (value) => [value, Number.POSITIVE_INFINITY])];
    default:
      return unreachable(op);
  }
}

/** Numbers are compared with the least and greatest of a file; of other values nothing is known. */
function withinRange(
  property: string,
  values: readonly FilterValue[],
  rangeOf: (value: number) => readonly [number, number],
): ValueWanted {
  return {
    property,
    mayHold({ kind, numbers }) {
      if (kind !== "number" || numbers === undefined) return true;
      const [least, greatest] = numbers;
      return values.some((value) => {
        if (typeof value !== "number") return false;
        const [from, to] = rangeOf(value);
        return from <= greatest && to >= least;
      });
    },
  };
}
