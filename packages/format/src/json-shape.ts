import { ShaleError } from "@shale/model";

/** Where a JSON value stands: the object's key in the store, and the path inside the document. */
export interface Place {
  readonly key: string;
  readonly path: string;
}
/**
 * Checks a JSON value and returns it typed.
 *
 * @throws {ShaleError} OBJECT_CORRUPT with key and path
 */
export type Shape<T> = (value: unknown, place: Place) => T;

export function refuseShape(value: unknown, wanted: string, { key, path }: Place): never {
  const shown = JSON.stringify(value)?.slice(0, 80) ?? "undefined";
  throw new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: ${path} is ${shown}, not ${wanted}`, {
    path,
    details: { key },
  });
}

/** An object with exactly these fields: none missing, none unknown. */
export function objectOf<T extends object>(
  fields: { readonly [K in keyof T]: Shape<T[K]> },
): Shape<T> {
  const names = Object.keys(fields);
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuseShape(value, "an object", place);
    }
    const unknownName = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
    if (unknownName !== undefined) refuseShape(unknownName, "a known field", place);
    const given: Partial<Record<string, unknown>> = { ...value };
    const checked: Partial<Record<string, unknown>> = {};
    for (const name of names) {
      const shape = fields[name as keyof T];
      checked[name] = shape(given[name], { ...place, path: `${place.path}.${name}` });
    }
    return checked as T;
  };
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return refuseShape(value, "a list", place);
    return value.map((item, i) => shape(item, { ...place, path: `${place.path}[${i}]` }));
  };
}

/** An object used as a map whose keys are whole numbers, 1 or more, as decimals. */
export function numberedOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuseShape(value, "an object", place);
    }
    const entries = Object.entries(value).map(([name, item]) => {
      const inside = { ...place, path: `${place.path}.${name}` };
      if (!/^[1-9][0-9]{0,15}$/.test(name) || !Number.isSafeInteger(Number(name))) {
        refuseShape(name, "a number of 1 or more", inside);
      }
      return [name, shape(item, inside)] as const;
    });
    return Object.fromEntries(entries);
  };
}

export function nullOr<T>(shape: Shape<T>): Shape<T | null> {
  return (value, place) => (value === null ? null : shape(value, place));
}

export function oneOf<T extends string>(...words: readonly T[]): Shape<T> {
  return (value, place) => {
    const word = words.find((candidate) => candidate === value);
    return word ?? refuseShape(value, `one of ${words.join(", ")}`, place);
  };
}

/** A whole number, min <= n < 2^53. */
export function wholeFrom(min: number): Shape<number> {
  return (value, place) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min) {
      return refuseShape(value, `a whole number of ${min} or more`, place);
    }
    return value;
  };
}

export function textOf(pattern: RegExp): Shape<string> {
  return (value, place) => {
    if (typeof value !== "string" || !pattern.test(value)) {
      return refuseShape(value, `text that matches ${pattern.source}`, place);
    }
    return value;
  };
}

export const freeText: Shape<string> = (value, place) =>
  typeof value === "string" ? value : refuseShape(value, "text", place);

export const truth: Shape<boolean> = (value, place) =>
  typeof value === "boolean" ? value : refuseShape(value, "true or false", place);

/** Text, a finite number, true, false or null. */
export const plainValue: Shape<string | number | boolean | null> = (value, place) => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  const isNumber = typeof value === "number" && Number.isFinite(value);
  return isNumber ? value : refuseShape(value, "text, a number, true, false or null", place);
};

/** An object used as a map whose keys are names such as `rollbackUntil`. */
export function namedOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuseShape(value, "an object", place);
    }
    const entries = Object.entries(value).map(([name, item]) => {
      const inside = { ...place, path: `${place.path}.${name}` };
      if (!/^[a-z][A-Za-z0-9]{0,62}$/.test(name)) refuseShape(name, "a name", inside);
      return [name, shape(item, inside)] as const;
    });
    return Object.fromEntries(entries);
  };
}
