import type { ParsedCohort } from "./cohort/parsed-cohort.ts";
import { nameUnknown, queryInvalid, quoted } from "./query-errors.ts";

/** A value somewhere in a query document, and the way to it: `series[0].select.where.op`. */
export interface Place {
  readonly value: unknown;
  readonly path: string;
  readonly nesting: Nesting;
}

/** How deep a place lies among filters and cohorts, which hold each other. */
export interface Nesting {
  readonly depth: number;
  /** Filters and cohorts of the tree so far: also ends a tree that holds itself. */
  readonly seen: { count: number };
  /** Handed down, since a cohort holds selects, whose filters hold cohorts. */
  readonly parseCohort: (place: Place) => ParsedCohort;
}

const DEPTH_MAX = 32;
const COUNT_MAX = 1000;

/** The place of a whole document. */
export function documentPlace(value: unknown, parseCohort: Nesting["parseCohort"]): Place {
  return { value, path: "", nesting: { depth: 0, seen: { count: 0 }, parseCohort } };
}

/** The same place, one level deeper. @throws {ShaleError} QUERY_INVALID when that is too deep */
export function nestedIn(
  { value, path, nesting }: Place,
  what: "filters" | "cohorts" | "queries",
): Place {
  const { depth, parseCohort } = nesting;
  const seen = depth === 0 ? { count: 0 } : nesting.seen;
  if (depth >= DEPTH_MAX) {
    throw queryInvalid(path, `${path} lies more than ${DEPTH_MAX} ${what} deep`);
  }
  if (++seen.count > COUNT_MAX) {
    throw queryInvalid(path, `${path} is one of more than ${COUNT_MAX} ${what}`);
  }
  return { value, path, nesting: { depth: depth + 1, seen, parseCohort } };
}

/** The fields of one object of a query: each allowed, none misspelt. */
export interface Fields {
  readonly path: string;
  /** The place of a field; its value is undefined where the field is absent. */
  readonly at: (name: string) => Place;
}

/** @throws {ShaleError} QUERY_INVALID unless it is an object with no other fields than `allowed` */
export function fieldsOf(place: Place, allowed: readonly string[], what: string): Fields {
  const { value, path, nesting } = place;
  const object = objectOf(place, what);
  for (const name of Object.keys(object)) {
    if (allowed.includes(name) || object[name] === undefined) continue;
    throw nameUnknown(pathOf(path, name), { name, what: `a field of ${what}` }, allowed);
  }
  return {
    path,
    at: (name) => ({
      value: Object.hasOwn(object, name) ? (value as Record<string, unknown>)[name] : undefined,
      path: pathOf(path, name),
      nesting,
    }),
  };
}

/** @throws {ShaleError} QUERY_INVALID unless it is an object */
export function objectOf({ value, path }: Place, what: string): Record<string, unknown> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || value instanceof Date) {
    const where = path || "a query";
    throw queryInvalid(path, `${where} must be ${what}, an object: it is ${quoted(value)}`);
  }
  return value as Record<string, unknown>;
}

export function isAbsent(place: Place): boolean {
  return place.value === undefined;
}

export function stringOf(place: Place, what: string): string {
  if (typeof place.value !== "string") throw wrongValue(place, `${what}, a string`);
  return place.value;
}

export function booleanOf(place: Place, what: string): boolean {
  if (typeof place.value !== "boolean") throw wrongValue(place, `${what}, true or false`);
  return place.value;
}

/** A finite number. */
export function numberOf(place: Place, what: string): number {
  if (typeof place.value !== "number" || !Number.isFinite(place.value)) {
    throw wrongValue(place, `${what}, a finite number`);
  }
  return place.value;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

export function integerOf(place: Place, what: string, { min, max }: Bounds): number {
  const { value } = place;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw wrongValue(place, `${what}, a whole number from ${min} to ${max}`);
  }
  return value;
}

export function oneOf<T extends string>(place: Place, allowed: readonly T[], what: string): T {
  const { value, path } = place;
  const found = allowed.find((name) => name === value);
  if (found !== undefined) return found;
  if (typeof value === "string") throw nameUnknown(path, { name: value, what }, allowed);
  throw queryInvalid(
    path,
    `${path} must be ${what} (${allowed.join(", ")}): it is ${missingOr(value)}`,
    { allowed },
  );
}

export function listOf(place: Place, what: string, { min, max }: Bounds): Place[] {
  const { value, path, nesting } = place;
  if (!Array.isArray(value)) throw wrongValue(place, `${what}, a list`);
  if (value.length < min || value.length > max) {
    const count = min === max ? `${min}` : `${min} to ${max}`;
    throw queryInvalid(path, `${path} must hold ${count} of ${what}: it holds ${value.length}`);
  }
  return Array.from(value, (item: unknown, index) => {
    return { value: item, path: `${path}[${index}]`, nesting };
  });
}

export function wrongValue({ value, path }: Place, wanted: string): Error {
  return queryInvalid(path, `${path} must be ${wanted}: it is ${missingOr(value)}`);
}

function missingOr(value: unknown): string {
  return value === undefined ? "missing" : quoted(value);
}

function pathOf(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
