import { ShaleError } from "@shale/model";
import { nearestName } from "./nearest-name.ts";

/** QUERY_INVALID at `path`; `why` goes on after "Cannot read the query: ". */
export function queryInvalid(
  path: string,
  why: string,
  details?: Readonly<Record<string, unknown>>,
): ShaleError {
  return new ShaleError("QUERY_INVALID", `Cannot read the query: ${why}`, { path, details });
}

/** A name that is not one of `allowed`: says which are, and which one was probably meant. */
export function nameUnknown(
  path: string,
  found: { readonly name: string; readonly what: string },
  allowed: readonly string[],
): ShaleError {
  const nearest = nearestName(found.name, allowed);
  const hint = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
  return queryInvalid(
    path,
    `${path || "it"} is ${quoted(found.name)}, not ${found.what} (${allowed.join(", ")})${hint}`,
    nearest === undefined ? { allowed } : { allowed, nearest },
  );
}

const QUOTED_LENGTH_MAX = 60;

/** A value as it stands in a message: JSON, cut short. */
export function quoted(value: unknown): string {
  const text = describe(value);
  return text.length <= QUOTED_LENGTH_MAX ? text : `${text.slice(0, QUOTED_LENGTH_MAX - 1)}…`;
}

function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, QUOTED_LENGTH_MAX));
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `a list of ${value.length}`;
      return value instanceof Date ? "a Date" : "an object";
    default:
      return `a ${typeof value}`;
  }
}
