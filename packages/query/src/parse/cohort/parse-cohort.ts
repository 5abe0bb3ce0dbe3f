import { spanMs } from "@shale/model";
import { parseFunnel } from "../funnel/parse-funnel.ts";
import { parseSelect } from "../parse-select.ts";
import { nameUnknown, queryInvalid } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import {
  fieldsOf,
  integerOf,
  isAbsent,
  listOf,
  nestedIn,
  objectOf,
  oneOf,
  wrongValue,
} from "../query-place.ts";
import type {
  ParsedActive,
  ParsedCohort,
  ParsedDid,
  ParsedFirstTime,
  ParsedFunnelCohort,
} from "./parsed-cohort.ts";

const FORMS = ["all", "any", "not", "did", "firstTime", "funnel", "active"] as const;
const COHORT_COUNT_MAX = 1000;
const TIMES_MAX = 1_000_000_000;
const DAYS_MAX = 3660;
const SPAN_WANTED = "a span above 0, a number with ms, s, m, h, d, w or mo (30d)";

/** @throws {ShaleError} QUERY_INVALID */
export function parseCohort(place: Place): ParsedCohort {
  const inner = nestedIn(place, "cohorts");
  const object = objectOf(inner, "a cohort");
  const form = FORMS.find((name) => object[name] !== undefined);
  switch (form) {
    case "all":
    case "any": {
      const list = fieldsOf(inner, [form], "a cohort").at(form);
      const cohorts = listOf(list, "cohorts", { min: 0, max: COHORT_COUNT_MAX }).map(parseCohort);
      return { kind: form, cohorts };
    }
    case "not":
      return { kind: "not", cohort: parseCohort(fieldsOf(inner, ["not"], "a cohort").at("not")) };
    case "did":
      return parseDid(inner);
    case "firstTime":
      return parseFirstTime(inner);
    case "active":
      return parseActive(inner);
    case "funnel":
      return parseFunnelCohort(inner);
    default:
      throw formUnknown(inner, object);
  }
}

function formUnknown({ path }: Place, object: Record<string, unknown>): Error {
  const [first] = Object.keys(object);
  if (first !== undefined) {
    return nameUnknown(`${path}.${first}`, { name: first, what: "a form of a cohort" }, FORMS);
  }
  return queryInvalid(
    path,
    `${path} must have one of the fields ${FORMS.join(", ")}: it has none`,
    { allowed: FORMS },
  );
}

function parseDid(place: Place): ParsedDid {
  const fields = fieldsOf(place, ["did", "times", "within"], "a cohort by what was done");
  return {
    kind: "did",
    select: parseSelect(fields.at("did")),
    times: parseTimes(fields.at("times")),
    withinMs: parseWithin(fields.at("within")),
  };
}

function parseTimes(place: Place): ParsedDid["times"] {
  if (isAbsent(place)) return { op: "gte", value: 1 };
  const fields = fieldsOf(place, ["op", "value"], "a number of times");
  return {
    op: oneOf(fields.at("op"), ["gte", "lte", "eq"] as const, "an operation"),
    value: integerOf(fields.at("value"), "a number of times", { min: 0, max: TIMES_MAX }),
  };
}

function parseWithin(place: Place): number | undefined {
  if (isAbsent(place)) return undefined;
  const ms = typeof place.value === "string" ? spanMs(place.value) : undefined;
  if (ms === undefined) throw wrongValue(place, SPAN_WANTED);
  return ms;
}

function parseFirstTime(place: Place): ParsedFirstTime {
  const fields = fieldsOf(place, ["firstTime", "within"], "a cohort by first times");
  return {
    kind: "firstTime",
    select: parseSelect(fields.at("firstTime")),
    withinMs: parseWithin(fields.at("within")),
  };
}

function parseActive(place: Place): ParsedActive {
  const fields = fieldsOf(place, ["active", "days", "of"], "a cohort by active days");
  const of = integerOf(fields.at("of"), "a number of days", { min: 1, max: DAYS_MAX });
  const days = integerOf(fields.at("days"), "a number of days", { min: 1, max: of });
  return { kind: "active", select: parseSelect(fields.at("active")), days, of };
}

function parseFunnelCohort(at: Place): ParsedFunnelCohort {
  const fields = fieldsOf(at, ["funnel", "reached", "droppedAt"], "a cohort by a funnel");
  const place = fields.at("funnel");
  const { kind } = objectOf(place, "a funnel");
  const kindPlace = { ...place, value: kind, path: `${place.path}.kind` };
  if (kind !== undefined) oneOf(kindPlace, ["funnel"] as const, "the kind of query");
  const funnel = parseFunnel(place);
  const [reached, droppedAt] = [fields.at("reached"), fields.at("droppedAt")];
  const { length } = funnel.steps;
  if (isAbsent(droppedAt)) {
    const bounds = { min: 1, max: length };
    const step = isAbsent(reached) ? length : integerOf(reached, "a step", bounds);
    return { kind: "funnel", funnel, step, outcome: "reached" };
  }
  if (!isAbsent(reached)) {
    const why = "a cohort has reached a step or dropped at one";
    throw queryInvalid(droppedAt.path, `${droppedAt.path} must be left out with reached: ${why}`);
  }
  // Who does not reach step 1 is not in the funnel.
  const step = integerOf(droppedAt, "a step behind the first", { min: 2, max: length });
  return { kind: "funnel", funnel, step, outcome: "dropped" };
}
