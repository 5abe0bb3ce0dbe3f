import type { Filter, PropertyFilter } from "@shale/model";
import { ShaleError } from "@shale/model";

type Operator = "=" | "!=" | ">=" | "<=" | ">" | "<" | "!~" | "~";

// A name in quotes may hold anything; a bare one ends where an operator begins.
const CONDITION = /^\s*("(?:[^"\\]|\\.)*"|[^"=!<>~]+?)\s*(!=|>=|<=|!~|=|>|<|~)\s*(.*?)\s*$/s;
const PRESENCE = /^\s*(!?)\s*("(?:[^"\\]|\\.)*"|[^"=!<>~]+?)\s*$/s;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function wrongCondition(text: string, why: string, cause?: unknown): ShaleError {
  return new ShaleError(
    "USAGE",
    `Cannot read the condition ${JSON.stringify(text)}: ${why}`,
    cause === undefined ? undefined : { cause },
  );
}

function jsonOf(text: string, part: string): unknown {
  try {
    return JSON.parse(part);
  } catch (error) {
    throw wrongCondition(text, `${part} is not JSON`, error);
  }
}

function propertyName(text: string, part: string): string {
  return part.startsWith('"') ? String(jsonOf(text, part)) : part;
}

/** Values have the type that JSON gives them; a bare word is text. */
function conditionValue(text: string, part: string): unknown {
  if (part === "true" || part === "false" || JSON_NUMBER.test(part)) return JSON.parse(part);
  if (part === "null") {
    throw wrongCondition(text, `null is never stored; write !name for "not set"`);
  }
  return part.startsWith('"') || part.startsWith("[") ? jsonOf(text, part) : part;
}

function filterOf(property: string, operator: Operator, value: unknown): PropertyFilter {
  const isList = Array.isArray(value);
  switch (operator) {
    case "=":
      return { property, op: isList ? "in" : "eq", value };
    case "!=":
      return { property, op: isList ? "notIn" : "neq", value };
    case ">":
      return { property, op: "gt", value };
    case ">=":
      return { property, op: "gte", value };
    case "<":
      return { property, op: "lt", value };
    case "<=":
      return { property, op: "lte", value };
    case "~":
      return { property, op: "contains", value };
    case "!~":
      return { property, op: "notContains", value };
  }
}

/**
 * One `--where`: `country=IN`, `price>=10`, `plan!="free"`, `page~checkout`, `coupon` (is set),
 * `!coupon` (is not set), `country=["IN","US"]` (any of).
 *
 * @throws {ShaleError} USAGE
 */
export function parseCondition(text: string): PropertyFilter {
  const condition = CONDITION.exec(text);
  if (condition !== null) {
    const [, name = "", operator = "", value = ""] = condition;
    return filterOf(propertyName(text, name), operator as Operator, conditionValue(text, value));
  }
  const presence = PRESENCE.exec(text);
  if (presence === null) {
    throw wrongCondition(text, "write NAME=VALUE, NAME>10, NAME~part, NAME or !NAME");
  }
  const [, not = "", name = ""] = presence;
  return { property: propertyName(text, name), op: not === "!" ? "isNotSet" : "isSet" };
}

/** The properties that conditions name. */
export function propertiesOfWhere(texts: readonly string[]): string[] {
  return texts.map((text) => parseCondition(text).property);
}

/** All conditions together; undefined for none. */
export function parseWhere(texts: readonly string[]): Filter | undefined {
  const filters = texts.map(parseCondition);
  return filters.length > 1 ? { all: filters } : filters[0];
}
