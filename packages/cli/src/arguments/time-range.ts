import type { Instant } from "@shale/model";
import { DAY_MS, ShaleError } from "@shale/model";

export interface RangeOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly timezone?: string | undefined;
}

const DEFAULT_DAYS = 30;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** An argument as the query takes it: epoch ms as a number, everything else as it stands. */
export function instantOf(text: string): Instant {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

/**
 * The range of a command: what is left out makes it the last 30 days in `timezone`, today included.
 * `to` alone means the 30 days before it; `from` alone means until the end of today.
 *
 * @throws {ShaleError} USAGE for an unknown time zone, or a `to` that is no time.
 */
export function timeRangeOf(
  options: RangeOptions,
  nowMs: number,
): { readonly from: Instant; readonly to: Instant } {
  const to = options.to ?? shiftedDate(localDate(nowMs, options.timezone ?? "UTC"), 1);
  const from = options.from ?? daysBefore(to, DEFAULT_DAYS);
  return { from: instantOf(from), to: instantOf(to) };
}

function daysBefore(to: string, days: number): string {
  if (DATE.test(to)) return shiftedDate(to, -days);
  const toMs = /^-?\d+$/.test(to) ? Number(to) : Date.parse(to);
  if (Number.isNaN(toMs) || Math.abs(toMs) > 8.64e15) {
    throw new ShaleError(
      "USAGE",
      `Cannot read --to ${JSON.stringify(to)}: write 2026-10-01, 2026-10-01T12:00:00Z or epoch ms`,
    );
  }
  return new Date(toMs - days * DAY_MS).toISOString();
}

function shiftedDate(date: string, days: number): string {
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms)) {
    throw new ShaleError("USAGE", `Cannot use ${JSON.stringify(date)}: there is no such day`);
  }
  return new Date(ms + days * DAY_MS).toISOString().slice(0, 10);
}

function localDate(nowMs: number, timezone: string): string {
  let format: Intl.DateTimeFormat;
  try {
    // Sweden writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short" });
  } catch (error) {
    throw new ShaleError(
      "USAGE",
      `Cannot use the time zone ${JSON.stringify(timezone)}: it is no IANA name`,
      { cause: error },
    );
  }
  return format.format(nowMs);
}
