import type { FilterOp } from "@shale/model";
import { filterOps, unreachable } from "@shale/model";
import type { FilterValue, ParsedFilter, ParsedPropertyFilter } from "./parsed-query.ts";
import { nameUnknown, queryInvalid } from "./query-errors.ts";
import type { Place } from "./query-place.ts";
import {
  booleanOf,
  fieldsOf,
  isAbsent,
  listOf,
  nestedIn,
  objectOf,
  oneOf,
  stringOf,
  wrongValue,
} from "./query-place.ts";

const FILTER_COUNT_MAX = 1000;
const FILTER_VALUES_MAX = 10_000;
const PROPERTY_FIELDS = ["property", "op", "value", "ignoreCase"];
const FORMS = ["property", "all", "any", "not", "cohort"];

/** @throws {ShaleError} QUERY_INVALID */
export function parseFilter(place: Place): ParsedFilter {
  const inner = nestedIn(place, "filters");
  const object = objectOf(inner, "a filter");
  const form = FORMS.find((name) => object[name] !== undefined);
  switch (form) {
    case "property":
      return parsePropertyFilter(inner);
    case "all":
    case "any": {
      const list = fieldsOf(inner, [form], "a filter").at(form);
      const bounds = { min: 0, max: FILTER_COUNT_MAX };
      return { kind: form, filters: listOf(list, "filters", bounds).map(parseFilter) };
    }
    case "not":
      return { kind: "not", filter: parseFilter(fieldsOf(inner, [form], "a filter").at(form)) };
    case "cohort": {
      const cohort = fieldsOf(inner, [form], "a filter").at(form);
      return { kind: "cohort", cohort: inner.nesting.parseCohort(cohort) };
    }
    default:
      throw formUnknown(inner, object);
  }
}

function formUnknown({ path }: Place, object: Record<string, unknown>): Error {
  const first = Object.keys(object).find((name) => !PROPERTY_FIELDS.includes(name));
  if (first === undefined) {
    return queryInvalid(
      path,
      `${path} must have one of the fields ${FORMS.join(", ")}: it has none`,
      { allowed: FORMS },
    );
  }
  return nameUnknown(`${path}.${first}`, { name: first, what: "a field of a filter" }, FORMS);
}

function parsePropertyFilter(place: Place): ParsedPropertyFilter {
  const fields = fieldsOf(place, PROPERTY_FIELDS, "a property filter");
  const ignoreCase = fields.at("ignoreCase");
  const op = oneOf(fields.at("op"), filterOps, "an operation");
  return {
    kind: "property",
    property: stringOf(fields.at("property"), "the name of a property"),
    op,
    values: parseValues(fields.at("value"), op),
    ignoreCase: isAbsent(ignoreCase) ? false : booleanOf(ignoreCase, "ignoreCase"),
  };
}

function parseValues(place: Place, op: FilterOp): FilterValue[] {
  switch (op) {
    case "isSet":
    case "isNotSet":
      if (isAbsent(place)) return [];
      throw queryInvalid(place.path, `${place.path} must be left out: ${op} takes no value`);
    case "in":
    case "notIn": {
      const bounds = { min: 0, max: FILTER_VALUES_MAX };
      return listOf(place, `values for ${op}`, bounds).map((item) => scalarOf(item, op));
    }
    case "eq":
    case "neq":
      return [scalarOf(place, op)];
    case "lt":
    case "lte":
    case "gt":
    case "gte": {
      const value = scalarOf(place, op);
      if (typeof value === "boolean") throw wrongValue(place, `a number or a string for ${op}`);
      return [value];
    }
    case "contains":
    case "notContains":
    case "startsWith":
    case "endsWith":
      return [stringOf(place, `the text for ${op}`)];
    default:
      return unreachable(op);
  }
}

function scalarOf(place: Place, op: FilterOp): FilterValue {
  const { value } = place;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value + 0; // -0 is 0.
  if (value === null) {
    throw wrongValue(place, `a value for ${op} (an absent property: isSet, isNotSet)`);
  }
  if (Array.isArray(value) && (op === "eq" || op === "neq")) {
    const list = op === "eq" ? "in" : "notIn";
    throw wrongValue(place, `one value for ${op} (several: ${list})`);
  }
  throw wrongValue(place, `a string, a finite number, true or false for ${op}`);
}
