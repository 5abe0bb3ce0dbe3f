/** An object whose own enumerable fields are what it holds. */
export type PlainObject = Readonly<Record<string, unknown>>;

/**
 * True for object literals, objects without a prototype and instances of classes; false for lists
 * and for objects with insides (Map, Date, Promise, Buffer, …), which would come out empty.
 */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (Object.getPrototypeOf(value) === Object.prototype) return true;
  return Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * True for object literals and parsed JSON, where `for … in` meets own fields only. It takes a
 * fifth of the time of Object.keys, which is why the loops over an event's fields use it.
 */
export function isBareObject(value: PlainObject): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

const QUOTED_CHARS_MAX = 60;

/** A value as a message shows it: short, on one line, and without calling code of the value. */
export function quote(value: unknown): string {
  if (typeof value === "string") {
    const head = value.length > QUOTED_CHARS_MAX ? `${value.slice(0, QUOTED_CHARS_MAX)}…` : value;
    return JSON.stringify(head);
  }
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  return `a ${typeof value}`;
}
