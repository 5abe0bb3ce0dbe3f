import { DAY_MS } from "@shale/model";
import { localDayOf, midnightOf } from "../calendar/local-dates.ts";
import { queryInvalid } from "./query-errors.ts";
import type { Place } from "./query-place.ts";
import { wrongValue } from "./query-place.ts";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;
const WANTED = "a date YYYY-MM-DD, an ISO 8601 time with a zone, whole epoch ms or a Date";
const FIRST_MS = Date.parse("0001-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Epoch ms of an instant. A date means its first instant in `timezone`; digits below the ms are cut.
 * @throws {ShaleError} QUERY_INVALID for anything else, and outside of the years 1 to 9999
 */
export function parseInstant(place: Place, timezone: string): number {
  const ms = instantMs(place, timezone);
  if (ms < FIRST_MS || ms > LAST_MS) {
    throw queryInvalid(place.path, `${place.path} must lie in the years 1 to 9999`);
  }
  return ms;
}

function instantMs(place: Place, timezone: string): number {
  const { value } = place;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime();
  if (typeof value !== "string") throw wrongValue(place, WANTED);
  const date = DATE.exec(value);
  if (date !== null) return midnightOf(timezone, dayOfParts(place, date));
  const time = DATE_TIME.exec(value);
  if (time === null) throw wrongValue(place, WANTED);
  return dayOfParts(place, time) * DAY_MS + clockMs(place, time);
}

function dayOfParts(place: Place, match: RegExpExecArray): number {
  const day = localDayOf(Number(match[1]), Number(match[2]), Number(match[3]));
  if (day === undefined) {
    throw queryInvalid(place.path, `${place.path} names a date that does not exist: ${match[0]}`);
  }
  return day;
}

function clockMs(place: Place, match: RegExpExecArray): number {
  const [hour, minute, second] = [match[4], match[5], match[6]].map((text) => Number(text ?? 0));
  const zone = match[8];
  if (zone === undefined) {
    throw queryInvalid(
      place.path,
      `${place.path} has no zone: add Z or an offset to ${JSON.stringify(match[0])}`,
    );
  }
  const zoneHour = zone.length === 1 ? 0 : Number(zone.slice(1, 3));
  const zoneMinute = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  const fits =
    (hour ?? 0) < 24 &&
    (minute ?? 0) < 60 &&
    (second ?? 0) < 60 &&
    zoneHour < 24 &&
    zoneMinute < 60;
  if (!fits) {
    throw queryInvalid(place.path, `${place.path} names a time that does not exist: ${match[0]}`);
  }
  const ms = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const zoneMs = (zoneHour * 60 + zoneMinute) * 60_000 * (zone.startsWith("-") ? -1 : 1);
  return ((hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0)) * 1000 + ms - zoneMs;
}
