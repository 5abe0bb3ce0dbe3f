import type { Problem } from "./event-draft.ts";
import { problem } from "./event-draft.ts";
import { eventLimits } from "./event-limits.ts";
import type { PlainObject } from "./plain-object.ts";
import { isPlainObject, quote } from "./plain-object.ts";

/** What a walk over one property has met so far. */
export interface JsonWalk {
  /** Where the values are, for messages: `properties.price`. */
  readonly path: string;
  /** Keys of all objects met. */
  memberCount: number;
  /** Values and characters met. What is shared or cyclic counts each time, so the walk ends. */
  size: number;
}

/** False for NaN, the infinities and magnitudes of 2^53 and more: such doubles are integers. */
export function isSafeNumber(value: number): boolean {
  return value < eventLimits.numberLimit && value > -eventLimits.numberLimit;
}

export function numberProblem(path: string, value: number): Problem {
  return problem(
    "NUMBER_UNSAFE",
    `${path} holds ${value}: a number is finite and below 2^53 in magnitude; send others as text`,
  );
}

/**
 * A list as canonical JSON text: its elements in order, numbers as JavaScript prints them,
 * undefined as null, lone surrogates as U+FFFD, and each list or object inside as a string of its
 * JSON text.
 */
export function listTextOf(list: readonly unknown[], walk: JsonWalk): string | Problem {
  if (isTooLong(list)) return tooLarge(walk);
  const texts: string[] = [];
  for (const element of list) {
    const text = jsonTextOf(element, walk, 1);
    if (typeof text !== "string") return text;
    texts.push(typeof element === "object" && element !== null ? JSON.stringify(text) : text);
  }
  return `[${texts.join(",")}]`;
}

/** Any JSON value as text, by the rules of `listTextOf`, but with what is inside as it is. */
export function jsonTextOf(value: unknown, walk: JsonWalk, depth: number): string | Problem {
  walk.size++;
  switch (typeof value) {
    case "string":
      walk.size += value.length;
      return JSON.stringify(value.toWellFormed());
    case "boolean":
      return String(value);
    case "undefined":
      return "null";
    case "number":
      if (isSafeNumber(value)) return JSON.stringify(value);
      return numberProblem(walk.path, value);
    case "object":
      return value === null ? "null" : nestedTextOf(value, walk, depth);
    default:
      return refuse(walk, "EVENT_FIELD_TYPE", `holds ${quote(value)}, which JSON cannot hold`);
  }
}

function nestedTextOf(value: object, walk: JsonWalk, depth: number): string | Problem {
  const { nestingDepthMax, eventBytesMax } = eventLimits;
  if (depth > nestingDepthMax) {
    return refuse(walk, "EVENT_FIELD_TYPE", `is nested deeper than ${nestingDepthMax}`);
  }
  if (walk.size > eventBytesMax) return tooLarge(walk);
  if (Array.isArray(value)) return arrayTextOf(value, walk, depth);
  if (isPlainObject(value) && !convertsItself(value)) return objectTextOf(value, walk, depth);
  return refuse(walk, "EVENT_FIELD_TYPE", "holds an object that is not plain: convert it first");
}

function arrayTextOf(list: readonly unknown[], walk: JsonWalk, depth: number): string | Problem {
  if (isTooLong(list)) return tooLarge(walk);
  const texts: string[] = [];
  for (const element of list) {
    const text = jsonTextOf(element, walk, depth + 1);
    if (typeof text !== "string") return text;
    texts.push(text);
  }
  return `[${texts.join(",")}]`;
}

function objectTextOf(value: PlainObject, walk: JsonWalk, depth: number): string | Problem {
  const texts: string[] = [];
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === undefined) continue;
    walk.memberCount++;
    walk.size += name.length;
    const text = jsonTextOf(member, walk, depth + 1);
    if (typeof text !== "string") return text;
    texts.push(`${JSON.stringify(name.toWellFormed())}:${text}`);
  }
  return `{${texts.join(",")}}`;
}

/** True for what JSON.stringify would ask for another value: its fields are its own business. */
function convertsItself(value: object): boolean {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** Each element takes at least a digit and a comma. Looked at first: a list may have 2^32 holes. */
function isTooLong(list: readonly unknown[]): boolean {
  return list.length * 2 > eventLimits.eventBytesMax;
}

function tooLarge(walk: JsonWalk): Problem {
  return refuse(walk, "EVENT_TOO_LARGE", `takes more than ${eventLimits.eventBytesMax} bytes`);
}

function refuse(walk: JsonWalk, code: Problem["code"], fact: string): Problem {
  return problem(code, `${walk.path} ${fact}`);
}
