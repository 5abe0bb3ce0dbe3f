const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar. */
const EPOCH_DAYS = 719_468;
const ZERO = 48;

/** Number written by the two digits at `at`; -1 where there are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Days since 1970-01-01, counted in years that begin in March so that leap days come last. */
function daysOf(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - EPOCH_DAYS;
}

function parseDate(text: string): number {
  const century = twoDigits(text, 0);
  const yearOfCentury = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (century < 0 || yearOfCentury < 0 || text[4] !== "-" || text[7] !== "-") return Number.NaN;
  if (month < 1 || month > 12 || day < 1) return Number.NaN;
  const year = century * 100 + yearOfCentury;
  if (day > (DAYS_OF_MONTH[month - 1] ?? 0)) {
    const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    if (!(isLeap && month === 2 && day === 29)) return Number.NaN;
  }
  return daysOf(year, month, day) * DAY_MS;
}

/** Offset of the zone that fills `text` from `at` to its end, in ms east of UTC; NaN for none. */
function parseZone(text: string, at: number): number {
  const sign = text[at];
  const size = text.length - at;
  if (size === 1 && (sign === "Z" || sign === "z")) return 0;
  if (sign !== "+" && sign !== "-") return Number.NaN;
  const hours = twoDigits(text, at + 1);
  let minutes = 0;
  if (size === 6 && text[at + 3] === ":") minutes = twoDigits(text, at + 4);
  else if (size === 5) minutes = twoDigits(text, at + 3);
  else if (size !== 3) return Number.NaN;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN;
  const offsetMs = hours * HOUR_MS + minutes * MINUTE_MS;
  return sign === "+" ? offsetMs : -offsetMs;
}

/**
 * Epoch ms of `YYYY-MM-DDTHH:MM[:SS[.fraction]]` with a zone (`Z`, `±HH:MM`, `±HHMM` or `±HH`).
 * NaN for any other text, and for dates and times that no clock shows (30 February, 24:00, second
 * 60).
 *
 * The T may be t or one space, the point a comma. Digits below the ms are cut, not rounded.
 */
export function parseIsoTime(text: string): number {
  const separator = text[10];
  if (separator !== "T" && separator !== "t" && separator !== " ") return Number.NaN;
  const hours = twoDigits(text, 11);
  const minutes = twoDigits(text, 14);
  if (hours < 0 || hours > 23 || text[13] !== ":" || minutes < 0 || minutes > 59) return Number.NaN;
  let timeMs = parseDate(text) + hours * HOUR_MS + minutes * MINUTE_MS;
  let at = 16;
  if (text[16] === ":") {
    const seconds = twoDigits(text, 17);
    if (seconds < 0 || seconds > 59) return Number.NaN;
    timeMs += seconds * 1000;
    at = 19;
    if (text[19] === "." || text[19] === ",") {
      let scale = 100;
      let digit = text.charCodeAt(++at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) return Number.NaN;
      while (digit >= 0 && digit <= 9) {
        if (scale >= 1) timeMs += digit * scale;
        scale /= 10;
        digit = text.charCodeAt(++at) - ZERO;
      }
    }
  }
  return timeMs - parseZone(text, at);
}

/** Values below are seconds, as Mixpanel writes and reads them. */
const MIXPANEL_SECONDS_LIMIT = 1e11;

/**
 * Epoch ms of a Mixpanel time: seconds below 1e11, else ms. Digits below the millisecond are cut as
 * they are written in decimal, so that 1.017 s is 17 ms and not 16.
 */
export function parseMixpanelTime(value: number): number {
  if (Math.abs(value) >= MIXPANEL_SECONDS_LIMIT) return Math.floor(value);
  if (Number.isInteger(value) || value < 1) return Math.floor(value * 1000);
  const [seconds, fraction = ""] = String(value).split(".");
  return Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, "0"));
}
