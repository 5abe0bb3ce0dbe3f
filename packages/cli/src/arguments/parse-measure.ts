import type { Measure, PerUser, PerUserThen } from "@shale/model";
import { ShaleError } from "@shale/model";
import { nearestName } from "./nearest-name.ts";
import { unquoted } from "./parse-by.ts";

/** The measures that need no property, and what a heading calls them. */
const plainMeasures = {
  total: "events",
  unique: "unique users",
  sessions: "sessions",
  dau: "daily active users",
  wau: "weekly active users",
  mau: "monthly active users",
  cumulativeUnique: "unique users so far",
} as const;
type PlainMeasure = keyof typeof plainMeasures;

const ofProperty = ["sum", "avg", "min", "max", "median", "distinct"] as const;
const ofUser = ["sum", "avg", "min", "max", "distinct"] as const;
const thens = ["avg", "median", "sum", "min", "max"] as const;
/** What people call them elsewhere. */
const synonyms: Readonly<Record<string, string>> = {
  count: "total",
  events: "total",
  users: "unique",
  average: "avg",
  mean: "avg",
};

const CALL = /^([\w.]+)\s*\(\s*(.*?)\s*\)$/s;
const PER_USER = /^(.*?)\s+per\s+user$/s;
const PERCENTILE = /^p(\d{1,3}(?:\.\d+)?)$/;

export const measuresHelp = `total, unique, sessions, dau, wau, mau, cumulativeUnique, sum(price), avg(price), min(price), max(price), median(price), p90(price), distinct(sku), avg(count per user), p90(sum(price) per user)`;

/**
 * One `--measure`: `unique`, `sum(price)`, `p90(price)`, `avg(count per user)`,
 * `median(sum(price) per user)`. A property in quotes may hold anything.
 *
 * @throws {ShaleError} USAGE with the nearest measure
 */
export function parseMeasure(text: string): Measure {
  const trimmed = text.trim();
  if (isPlain(trimmed)) return trimmed;
  const call = CALL.exec(trimmed);
  if (call === null) throw wrongWord(text, trimmed);
  const [, name = "", inner = ""] = call;
  if (isPlain(name)) throw wrongMeasure(text, `${name} takes no property: write ${name}`);
  if (inner === "") throw wrongMeasure(text, `the property is missing: write ${name}(price)`);
  const perUser = inner.startsWith('"') ? null : PER_USER.exec(inner);
  if (perUser !== null) return perUserMeasure(text, name, perUser[1] ?? "");
  const percentile = percentileOf(text, name);
  if (percentile !== undefined) return { percentile, of: unquoted(inner) };
  const property = unquoted(inner);
  switch (oneOf(text, name, ofProperty)) {
    case "sum":
      return { sum: property };
    case "avg":
      return { avg: property };
    case "min":
      return { min: property };
    case "max":
      return { max: property };
    case "median":
      return { median: property };
    case "distinct":
      return { distinct: property };
  }
}

function isPlain(text: string): text is PlainMeasure {
  return Object.hasOwn(plainMeasures, text);
}

function perUserMeasure(text: string, name: string, inner: string): Measure {
  const percentile = percentileOf(text, name);
  const then: PerUserThen = percentile === undefined ? oneOf(text, name, thens) : { percentile };
  return { perUser: perUserOf(text, inner), then };
}

function perUserOf(text: string, inner: string): PerUser {
  if (inner === "count") return "count";
  const call = CALL.exec(inner);
  if (call === null) {
    throw wrongMeasure(text, `before "per user" stands count, or sum(price) and the like`);
  }
  const property = unquoted(call[2] ?? "");
  if (property === "") throw wrongMeasure(text, "the property is missing");
  switch (oneOf(text, call[1] ?? "", ofUser)) {
    case "sum":
      return { sum: property };
    case "avg":
      return { avg: property };
    case "min":
      return { min: property };
    case "max":
      return { max: property };
    case "distinct":
      return { distinct: property };
  }
}

function percentileOf(text: string, name: string): number | undefined {
  const match = PERCENTILE.exec(name);
  if (match === null) return undefined;
  const percentile = Number(match[1]);
  if (percentile <= 100) return percentile;
  throw wrongMeasure(text, "a percentile lies between p0 and p100");
}

function oneOf<T extends string>(text: string, name: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === name);
  if (found !== undefined) return found;
  const nearest = nearestMeasure(name, allowed);
  const question = nearest === undefined ? "" : `; did you mean ${nearest}(…)?`;
  throw wrongMeasure(text, `${name} is none of ${allowed.join(", ")}, p90${question}`);
}

/** The measure that is meant, by its beginning, another word for it, or a letter or two. */
function nearestMeasure(name: string, allowed: readonly string[]): string | undefined {
  const words = Object.keys(synonyms).filter((word) => allowed.includes(synonyms[word] ?? ""));
  const known = [...allowed, ...words];
  const begun = name.length < 3 ? undefined : known.find((word) => word.startsWith(name));
  const nearest = begun ?? nearestName(name, known);
  return nearest === undefined ? undefined : (synonyms[nearest] ?? nearest);
}

/** A word without parentheses: a plain measure misspelt, or one that lacks its property. */
function wrongWord(text: string, word: string): ShaleError {
  const withProperty = ofProperty.some((name) => name === word) || PERCENTILE.test(word);
  if (withProperty) return wrongMeasure(text, `${word} needs a property: write ${word}(price)`);
  const names = [...Object.keys(plainMeasures), ...ofProperty];
  const nearest = nearestMeasure(word, names);
  if (nearest === undefined) return wrongMeasure(text, `write one of ${measuresHelp}`);
  const shown = isPlain(nearest) ? nearest : `${nearest}(price)`;
  return wrongMeasure(text, `did you mean ${shown}?`);
}

function wrongMeasure(text: string, why: string): ShaleError {
  return new ShaleError("USAGE", `Cannot read the measure ${JSON.stringify(text)}: ${why}`);
}

/** What a heading calls it: `sum of price`. */
export function measureText(measure: Measure): string {
  if (typeof measure === "string") return plainMeasures[measure];
  if ("perUser" in measure) {
    const { perUser, then } = measure;
    const outer = typeof then === "string" ? thenTexts[then] : `p${then.percentile}`;
    return `${outer} per user of ${perUser === "count" ? "events" : propertyText(perUser)}`;
  }
  if ("percentile" in measure) return `p${measure.percentile} of ${measure.of}`;
  return propertyText(measure);
}

const thenTexts = {
  avg: "average",
  median: "median",
  sum: "sum",
  min: "least",
  max: "greatest",
} as const;

function propertyText(
  measure: Exclude<
    Measure,
    string | { readonly perUser: PerUser } | { readonly percentile: number }
  >,
): string {
  if ("sum" in measure) return `sum of ${measure.sum}`;
  if ("avg" in measure) return `average ${measure.avg}`;
  if ("min" in measure) return `least ${measure.min}`;
  if ("max" in measure) return `greatest ${measure.max}`;
  if ("median" in measure) return `median of ${measure.median}`;
  return `distinct values of ${measure.distinct}`;
}

/** The property that it reads; undefined for counts. */
export function propertyOfMeasure(measure: Measure): string | undefined {
  if (typeof measure === "string") return undefined;
  if ("perUser" in measure) {
    return typeof measure.perUser === "string" ? undefined : Object.values(measure.perUser)[0];
  }
  return "of" in measure ? measure.of : Object.values(measure)[0];
}
