import { unreachable } from "@shale/model";
import type { FilterValue, ParsedPropertyFilter } from "../parse/parsed-query.ts";
import { compareText } from "./compare-text.ts";

/** Whether a value satisfies a filter; null is an absent property, or a null inside a list. */
export type ValueTest = (value: FilterValue | null) => boolean;

/** The test of one value. Types never mix: 1 is not "1", and no number lies below a string. */
export function valueTestOf(filter: ParsedPropertyFilter): ValueTest {
  const { op, ignoreCase } = filter;
  const fold = (value: FilterValue): FilterValue =>
    ignoreCase && typeof value === "string" ? value.toLowerCase() : value;
  const wanted = new Set(filter.values.map(fold));
  const [first = ""] = wanted;
  const isWanted: ValueTest = (value) => value !== null && wanted.has(fold(value));
  const textTest = (test: (text: string, part: string) => boolean): ValueTest => {
    const part = String(first);
    return (value) => typeof value === "string" && test(String(fold(value)), part);
  };
  const orderTest = (test: (order: number) => boolean): ValueTest => {
    return (value) => {
      const order = value === null ? Number.NaN : orderOf(fold(value), first);
      return test(order);
    };
  };
  switch (op) {
    case "eq":
    case "in":
      return isWanted;
    case "neq":
    case "notIn":
      return (value) => !isWanted(value);
    case "lt":
      return orderTest((order) => order < 0);
    case "lte":
      return orderTest((order) => order <= 0);
    case "gt":
      return orderTest((order) => order > 0);
    case "gte":
      return orderTest((order) => order >= 0);
    case "isSet":
      return (value) => value !== null;
    case "isNotSet":
      return (value) => value === null;
    case "contains":
      return textTest((text, part) => text.includes(part));
    case "notContains": {
      const contains = textTest((text, part) => text.includes(part));
      return (value) => !contains(value);
    }
    case "startsWith":
      return textTest((text, part) => text.startsWith(part));
    case "endsWith":
      return textTest((text, part) => text.endsWith(part));
    default:
      return unreachable(op);
  }
}

/** NaN where two values have no order: every comparison with it is false. */
function orderOf(left: FilterValue, right: FilterValue): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  return Number.NaN;
}

/** Whether a list, as JSON text, satisfies a filter: one element is enough; it is set even if empty. */
export function listSatisfies(
  filter: ParsedPropertyFilter,
  test: ValueTest,
  listText: string,
): boolean {
  if (filter.op === "isSet") return true;
  if (filter.op === "isNotSet") return false;
  return listElementsOf(listText).some(test);
}

/** The elements of a list property. */
export function listElementsOf(listText: string): readonly (FilterValue | null)[] {
  const list: unknown = JSON.parse(listText);
  return list as readonly (FilterValue | null)[]; // Written by the intake: a list of scalars.
}
