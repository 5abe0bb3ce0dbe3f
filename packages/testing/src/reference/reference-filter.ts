import type { EventSelect, Filter, PropertyFilter, PropertyValue, Scalar } from "@shale/model";
import { ShaleError, unreachable } from "@shale/model";
import type { ReferenceEvent } from "./reference-event.ts";
import { compareText } from "./reference-event.ts";

/** A property of an event; `$event` and `$user_id` name its fields. */
export function propertyOf(event: ReferenceEvent, name: string): PropertyValue | undefined {
  if (name === "$event") return event.event;
  if (name === "$user_id") return event.user_id;
  return Object.hasOwn(event.properties, name) ? event.properties[name] : undefined;
}

export function isSelected(event: ReferenceEvent, select: EventSelect): boolean {
  const names = typeof select.event === "string" ? [select.event] : select.event;
  if (names !== undefined && !names.includes(event.event)) return false;
  return select.where === undefined || satisfies(event, select.where);
}

export function satisfies(event: ReferenceEvent, filter: Filter): boolean {
  if ("all" in filter) return filter.all.every((one) => satisfies(event, one));
  if ("any" in filter) return filter.any.some((one) => satisfies(event, one));
  if ("not" in filter) return !satisfies(event, filter.not);
  if ("cohort" in filter) {
    throw new ShaleError("QUERY_INVALID", "Cannot filter: the cohort is not known here");
  }
  const value = propertyOf(event, filter.property);
  switch (filter.op) {
    case "isSet":
      return value !== undefined;
    case "isNotSet":
      return value === undefined;
    default:
      // A list satisfies what any of its elements satisfies; an absent value is as a null element.
      return isList(value)
        ? value.some((element) => elementSatisfies(element, filter))
        : elementSatisfies(value ?? null, filter);
  }
}

function isList(value: PropertyValue | undefined): value is readonly Scalar[] {
  return Array.isArray(value);
}

function elementSatisfies(element: Scalar, filter: PropertyFilter): boolean {
  const fold = (value: unknown): unknown =>
    filter.ignoreCase === true && typeof value === "string" ? value.toLowerCase() : value;
  const left = fold(element);
  const right = fold(filter.value);
  const options = Array.isArray(filter.value) ? filter.value.map(fold) : [];
  const texts = typeof left === "string" && typeof right === "string" ? { left, right } : undefined;
  switch (filter.op) {
    case "eq":
      return left === right;
    case "neq":
      return left !== right;
    case "in":
      return options.includes(left);
    case "notIn":
      return !options.includes(left);
    case "lt":
      return compare(left, right, (order) => order < 0);
    case "lte":
      return compare(left, right, (order) => order <= 0);
    case "gt":
      return compare(left, right, (order) => order > 0);
    case "gte":
      return compare(left, right, (order) => order >= 0);
    case "contains":
      return texts?.left.includes(texts.right) ?? false;
    case "notContains":
      return !(texts?.left.includes(texts.right) ?? false);
    case "startsWith":
      return texts?.left.startsWith(texts.right) ?? false;
    case "endsWith":
      return texts?.left.endsWith(texts.right) ?? false;
    case "isSet":
    case "isNotSet":
      throw new ShaleError("QUERY_INVALID", `Cannot ask ${filter.op} of an element`);
    default:
      return unreachable(filter.op);
  }
}

/** Numbers with numbers, texts with texts; values of two types stand in no order. */
function compare(left: unknown, right: unknown, holds: (order: number) => boolean): boolean {
  if (typeof left === "number" && typeof right === "number") return holds(left - right);
  if (typeof left === "string" && typeof right === "string") return holds(compareText(left, right));
  return false;
}
