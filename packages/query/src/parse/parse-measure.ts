import { nameUnknown, queryInvalid, queryNotBuilt } from "./query-errors.ts";
import type { Place } from "./query-place.ts";
import { objectOf, oneOf } from "./query-place.ts";

const measures = ["total", "unique", "sessions", "dau", "wau", "mau", "cumulativeUnique"] as const;
const measureFields = ["sum", "avg", "min", "max", "median", "distinct", "percentile", "perUser"];

/** @throws {ShaleError} QUERY_NOT_BUILT for a measure of the contract other than total and unique */
export function parseMeasure(place: Place): "total" | "unique" {
  if (typeof place.value !== "object" || place.value === null) {
    const name = oneOf(place, measures, "a measure");
    if (name === "total" || name === "unique") return name;
    throw queryNotBuilt(place.path, `the measure ${name}`);
  }
  const names = Object.keys(objectOf(place, "a measure"));
  const known = names.find((name) => measureFields.includes(name));
  if (known !== undefined) throw queryNotBuilt(place.path, `the measure ${known}`);
  const name = names[0];
  if (name === undefined) {
    throw queryInvalid(place.path, `${place.path} is empty: name a measure (total, unique)`);
  }
  throw nameUnknown(`${place.path}.${name}`, { name, what: "a measure" }, measureFields);
}
