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

/** A place below another one. Its path is put together when a value is refused, which is seldom. */
class PlaceInside implements Place {
  readonly #above: Place;
  readonly #step: string | number;
  constructor(above: Place, step: string | number) {
    this.#above = above;
    this.#step = step;
  }
  get key(): string {
    return this.#above.key;
  }
  get path(): string {
    const step = typeof this.#step === "number" ? `[${this.#step}]` : `.${this.#step}`;
    return this.#above.path + step;
  }
}

/** The place of a field (a name) or of an item (its number) of what stands at `place`. */
export function insideOf(place: Place, step: string | number): Place {
  return new PlaceInside(place, step);
}

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
  const shapes = Object.entries(fields) as [string, Shape<unknown>][];
  const known = new Set(Object.keys(fields));
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuseShape(value, "an object", place);
    }
    for (const name of Object.keys(value)) {
      if (!known.has(name)) refuseShape(name, "a known field", place);
    }
    const given = value as Partial<Record<string, unknown>>;
    const checked: Partial<Record<string, unknown>> = {};
    for (const [name, shape] of shapes) checked[name] = shape(given[name], insideOf(place, name));
    return checked as T;
  };
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return refuseShape(value, "a list", place);
    return value.map((item, i) => shape(item, insideOf(place, i)));
  };
}

/** An object used as a map whose keys are whole numbers, 1 or more, as decimals. */
export function numberedOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      refuseShape(value, "an object", place);
    }
    const entries = Object.entries(value).map(([name, item]) => {
      const inside = insideOf(place, name);
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
      const inside = insideOf(place, name);
      if (!/^[a-z][A-Za-z0-9]{0,62}$/.test(name)) refuseShape(name, "a name", inside);
      return [name, shape(item, inside)] as const;
    });
    return Object.fromEntries(entries);
  };
}
