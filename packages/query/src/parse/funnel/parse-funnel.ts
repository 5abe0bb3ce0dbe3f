import type { TimeUnit } from "@shale/model";
import { spanMs } from "@shale/model";
import { parseBy, parseLimit } from "../parse-by.ts";
import { parseFilter } from "../parse-filter.ts";
import { parseRange, parseSession, rangeFields } from "../parse-range.ts";
import { parseSelect } from "../parse-select.ts";
import { queryInvalid } from "../query-errors.ts";
import type { Fields, Place } from "../query-place.ts";
import {
  fieldsOf,
  integerOf,
  isAbsent,
  listOf,
  oneOf,
  stringOf,
  wrongValue,
} from "../query-place.ts";
import { parseExclusions } from "./parse-exclusions.ts";
import { parseSteps } from "./parse-steps.ts";
import type { ParsedFunnel } from "./parsed-funnel.ts";

const FIELDS = [
  "kind",
  ...rangeFields,
  "steps",
  "window",
  "order",
  "entry",
  "count",
  "exclude",
  "onExclude",
  "ignore",
  "holdConstant",
  "by",
  "limit",
  "attribution",
  "attemptWhere",
  "ties",
  "trend",
];
const HELD_COUNT_MAX = 3;
const IGNORED_COUNT_MAX = 100;
const WINDOW_SESSIONS_MAX = 12;
const QUANTUM_MS_MAX = 86_400_000;
const units = ["minute", "hour", "day", "week", "month"] as const satisfies readonly TimeUnit[];

/** @throws {ShaleError} QUERY_INVALID */
export function parseFunnel(place: Place): ParsedFunnel {
  const fields = fieldsOf(place, FIELDS, "a funnel");
  const range = parseRange(fields);
  const order = choiceAt(fields, "order", ["ordered", "strict", "any"] as const);
  const steps = parseSteps(fields.at("steps"), order);
  const attemptWhere = fields.at("attemptWhere");
  const exclude = parseExclusions(fields.at("exclude"), { order, steps });
  return {
    kind: "funnel",
    ...range,
    steps,
    ...parseWindow(fields.at("window")),
    session: parseSession(fields.at("session")),
    order,
    entry: parseEntry(fields, order),
    count: choiceAt(fields, "count", ["uniques", "totals", "sessions"] as const),
    exclude,
    onExclude: choiceAt(fields, "onExclude", ["dropoff", "remove"] as const),
    ignore: parseIgnore(fields.at("ignore"), order),
    holdConstant: parseHeld(fields.at("holdConstant")),
    by: parseBy(fields.at("by")),
    limit: parseLimit(fields.at("limit")),
    attribution: parseAttribution(fields.at("attribution"), steps.length),
    attemptWhere: isAbsent(attemptWhere) ? undefined : parseFilter(attemptWhere),
    ties: parseTies(fields.at("ties")),
    trend: parseTrend(fields.at("trend")),
  };
}

/** One of several words; the first is the default. */
function choiceAt<T extends string>(
  fields: Fields,
  name: string,
  allowed: readonly [T, ...T[]],
): T {
  const place = fields.at(name);
  return isAbsent(place) ? allowed[0] : oneOf(place, allowed, `a value of ${name}`);
}

const SPAN_WANTED = "a span above 0, a number with ms, s, m, h, d, w or mo (7d)";

function parseWindow(place: Place): Pick<ParsedFunnel, "windowMs" | "windowSessions"> {
  const { value } = place;
  if (value === null) return { windowMs: null, windowSessions: undefined };
  if (typeof value === "object" && !Array.isArray(value)) {
    const sessions = fieldsOf(place, ["sessions"], "a window").at("sessions");
    const bounds = { min: 1, max: WINDOW_SESSIONS_MAX };
    const windowSessions = integerOf(sessions, "a number of sessions", bounds);
    return { windowMs: null, windowSessions };
  }
  const windowMs = typeof value === "string" ? spanMs(value) : undefined;
  if (windowMs !== undefined) return { windowMs, windowSessions: undefined };
  throw wrongValue(place, `${SPAN_WANTED}, { sessions }, or null for no limit`);
}

function parseEntry(fields: Fields, order: ParsedFunnel["order"]): ParsedFunnel["entry"] {
  const place = fields.at("entry");
  const entry = choiceAt(fields, "entry", ["first", "optimized"] as const);
  if (order !== "strict") return entry;
  if (isAbsent(place) || entry === "optimized") return "optimized";
  throw queryInvalid(place.path, `${place.path} must be "optimized": order is "strict"`, {
    allowed: ["optimized"],
  });
}

function parseIgnore(place: Place, order: ParsedFunnel["order"]): ParsedFunnel["ignore"] {
  if (isAbsent(place)) return [];
  const selects = listOf(place, "selects", { min: 0, max: IGNORED_COUNT_MAX });
  if (selects.length > 0 && order !== "strict") {
    const why = "only order strict looks at the events between two steps";
    throw queryInvalid(place.path, `${place.path} must be left out: ${why}`);
  }
  return selects.map((select) => parseSelect(select));
}

function parseHeld(place: Place): string[] {
  if (isAbsent(place)) return [];
  const names = listOf(place, "properties to hold constant", { min: 0, max: HELD_COUNT_MAX });
  return names.map((name) => stringOf(name, "the name of a property"));
}

function parseAttribution(place: Place, stepCount: number): ParsedFunnel["attribution"] {
  if (isAbsent(place)) return "firstDefined";
  if (typeof place.value === "object" && place.value !== null) {
    const step = fieldsOf(place, ["step"], "an attribution").at("step");
    return { step: integerOf(step, "a step", { min: 1, max: stepCount }) };
  }
  const names = ["firstDefined", "lastDefined", "allSteps"] as const;
  return oneOf(place, names, "an attribution, or { step }");
}

function parseTies(place: Place): ParsedFunnel["ties"] {
  if (isAbsent(place)) return { quantumMs: 1, rule: "favourable" };
  const fields = fieldsOf(place, ["quantumMs", "rule"], "a rule for ties");
  const bounds = { min: 1, max: QUANTUM_MS_MAX };
  const quantumMs = integerOf(fields.at("quantumMs"), "a number of ms", bounds);
  const rule = oneOf(fields.at("rule"), ["favourable", "strict"] as const, "a rule for ties");
  return { quantumMs, rule };
}

function parseTrend(place: Place): ParsedFunnel["trend"] {
  if (isAbsent(place)) return undefined;
  const fields = fieldsOf(place, ["mode", "unit"], "a trend");
  return {
    mode: choiceAt(fields, "mode", ["perInterval", "byEntry"] as const),
    unit: oneOf(fields.at("unit"), units, "a unit of time"),
  };
}
