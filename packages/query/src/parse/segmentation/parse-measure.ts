import { nameUnknown, queryInvalid } from "../query-errors.ts";
import type { Bounds, Place } from "../query-place.ts";
import { fieldsOf, numberOf, objectOf, oneOf, stringOf, wrongValue } from "../query-place.ts";
import type { ParsedFold, ParsedInner, ParsedMeasure } from "./parsed-measure.ts";

const names = ["total", "unique", "sessions", "dau", "wau", "mau", "cumulativeUnique"] as const;
const fields = ["sum", "avg", "min", "max", "median", "distinct", "percentile", "perUser"] as const;
const innerFields = ["sum", "avg", "min", "max", "distinct"] as const;
const thenNames = ["avg", "median", "sum", "min", "max"] as const;
const ACTIVE_DAYS = { dau: 1, wau: 7, mau: 30 } as const;
const PERCENTS: Bounds = { min: 0, max: 100 };
const MEDIAN: ParsedFold = { kind: "percentile", percentile: 50 };

/** @throws {ShaleError} QUERY_INVALID */
export function parseMeasure(place: Place): ParsedMeasure {
  if (typeof place.value !== "object" || place.value === null) {
    if (fields.some((field) => field === place.value)) throw needsProperty(place);
    const name = oneOf(place, names, "a measure");
    switch (name) {
      case "dau":
      case "wau":
      case "mau":
        return { kind: "active", days: ACTIVE_DAYS[name] };
      default:
        return { kind: name };
    }
  }
  const field = fieldOf(place, fields, "a measure");
  switch (field) {
    case "perUser":
      return parsePerUser(place);
    case "percentile": {
      const at = fieldsOf(place, ["percentile", "of"], "a percentile");
      const property = propertyOf(at.at("of"));
      const fold = { kind: "percentile", percentile: percentOf(at.at("percentile")) } as const;
      return { kind: "property", property, fold };
    }
    default: {
      const at = fieldsOf(place, [field], `the measure ${field}`).at(field);
      return measureOf(field, propertyOf(at));
    }
  }
}

type PropertyField = (typeof innerFields)[number] | "median";

function measureOf(field: PropertyField, property: string): ParsedInner & ParsedMeasure {
  switch (field) {
    case "distinct":
      return { kind: "distinct", property };
    case "median":
      return { kind: "property", property, fold: MEDIAN };
    default:
      return { kind: "property", property, fold: { kind: field } };
  }
}

function parsePerUser(place: Place): ParsedMeasure {
  const at = fieldsOf(place, ["perUser", "then"], "a measure per user");
  return {
    kind: "perUser",
    inner: parseInner(at.at("perUser")),
    fold: parseThen(at.at("then")),
  };
}

function parseInner(place: Place): ParsedInner {
  if (typeof place.value !== "object" || place.value === null) {
    if (innerFields.some((field) => field === place.value)) throw needsProperty(place);
    oneOf(place, ["count", ...innerFields] as const, "what is counted of each user");
    return { kind: "count" };
  }
  const field = fieldOf(place, innerFields, "what is counted of each user");
  const at = fieldsOf(place, [field], `the measure ${field}`).at(field);
  return measureOf(field, propertyOf(at));
}

function parseThen(place: Place): ParsedFold {
  const what = "what becomes of the users' numbers";
  if (typeof place.value === "object" && place.value !== null) {
    const at = fieldsOf(place, ["percentile"], `${what}, a percentile`);
    return { kind: "percentile", percentile: percentOf(at.at("percentile")) };
  }
  const name = oneOf(place, thenNames, what);
  return name === "median" ? MEDIAN : { kind: name };
}

/** The one field of an object that says what it is. */
function fieldOf<T extends string>(place: Place, allowed: readonly T[], what: string): T {
  const object = objectOf(place, what);
  const given = Object.keys(object).filter((name) => object[name] !== undefined);
  const known = allowed.filter((name) => given.includes(name));
  const [first, second] = known;
  if (first === undefined) {
    const [name] = given;
    if (name !== undefined) {
      throw nameUnknown(`${place.path}.${name}`, { name, what }, allowed);
    }
    throw queryInvalid(place.path, `${place.path} is empty: name ${what} (${allowed.join(", ")})`, {
      allowed,
    });
  }
  if (second !== undefined) {
    throw queryInvalid(
      place.path,
      `${place.path} names two measures, ${first} and ${second}: one series has one`,
    );
  }
  return first;
}

function needsProperty({ value, path }: Place): Error {
  const field = String(value);
  const example =
    field === "perUser"
      ? '{ "perUser": "count", "then": "avg" }'
      : field === "percentile"
        ? '{ "percentile": 90, "of": "price" }'
        : `{ "${field}": "price" }`;
  return queryInvalid(path, `${path} needs more than the name ${field}: ${example}`);
}

function propertyOf(place: Place): string {
  const name = stringOf(place, "the name of a property");
  if (name === "") throw queryInvalid(place.path, `${place.path} is empty: name a property`);
  return name;
}

function percentOf(place: Place): number {
  const percent = numberOf(place, "a percentile from 0 to 100");
  if (percent >= PERCENTS.min && percent <= PERCENTS.max) return percent;
  throw wrongValue(place, "a percentile from 0 to 100");
}
