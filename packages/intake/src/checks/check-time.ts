import { types } from "node:util";
import type { EventDraft, Problem } from "./event-draft.ts";
import { problem } from "./event-draft.ts";
import { eventLimits } from "./event-limits.ts";
import { parseIsoTime, parseMixpanelTime } from "./parse-time.ts";
import { quote } from "./plain-object.ts";

/** Room for more digits of a second than any clock has. */
const TIME_CHARS_MAX = 64;
/** Times of a Date end here, in both directions. */
const DATE_MS_MAX = 8.64e15;

/** ISO 8601 with a zone, whole epoch ms, or a Date. */
export function checkTime(value: unknown, draft: EventDraft): Problem | undefined {
  if (typeof value === "number") {
    if (Number.isInteger(value)) return checkRange("time", value, draft);
    return problem("TIME_INVALID", `time is ${value} and must be whole epoch ms`);
  }
  return checkTextTime("time", value, draft);
}

/** As `checkTime`, but a number is seconds or ms and may have a fraction. */
export function checkMixpanelTime(value: unknown, draft: EventDraft): Problem | undefined {
  const path = "properties.time";
  if (typeof value !== "number") return checkTextTime(path, value, draft);
  if (Number.isFinite(value)) return checkRange(path, parseMixpanelTime(value), draft);
  return problem("TIME_INVALID", `${path} is ${value} and must be epoch seconds or ms`);
}

function checkTextTime(path: string, value: unknown, draft: EventDraft): Problem | undefined {
  if (typeof value === "string") {
    const timeMs = value.length > TIME_CHARS_MAX ? Number.NaN : parseIsoTime(value);
    if (!Number.isNaN(timeMs)) return checkRange(path, timeMs, draft);
    return problem(
      "TIME_INVALID",
      `${path} is ${quote(value)} and must be ISO 8601 with a zone, as 2026-10-01T13:00:00.000Z`,
    );
  }
  if (types.isDate(value)) {
    const timeMs = Date.prototype.getTime.call(value); // value.getTime() may be anything.
    if (!Number.isNaN(timeMs)) return checkRange(path, timeMs, draft);
    return problem("TIME_INVALID", `${path} is an invalid Date`);
  }
  return value === undefined
    ? problem("EVENT_FIELD_MISSING", `${path} is missing`)
    : problem(
        "EVENT_FIELD_TYPE",
        `${path} is ${quote(value)} and must be text, a whole number or a Date`,
      );
}

function checkRange(path: string, timeMs: number, draft: EventDraft): Problem | undefined {
  if (Math.abs(timeMs) > DATE_MS_MAX) {
    return problem("TIME_INVALID", `${path} is ${timeMs}, beyond what a Date can hold`);
  }
  if (timeMs > draft.timeMsMax) {
    return problem(
      "TIME_IN_FUTURE",
      `${path} is ${new Date(timeMs).toISOString()}, more than 1 h ahead of the clock`,
    );
  }
  if (timeMs < eventLimits.timeMsMin) {
    return problem("TIME_TOO_OLD", `${path} is ${new Date(timeMs).toISOString()}, before 1971`);
  }
  draft.timeMs = timeMs;
  return undefined;
}
