import type { RetentionAnswer } from "@shale/model";
import { DAY_MS } from "@shale/model";

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * True for a cell whose time has not begun: there is nothing to show yet. An answer does not name
 * its unit; the distance of its last two cohorts tells it. With one cohort nothing is future.
 */
export function isFuture(
  { cohorts, brackets, meta }: RetentionAnswer,
  { cohort, bucket }: { readonly cohort: number; readonly bucket: number },
): boolean {
  const cell = cohorts[cohort]?.buckets[bucket];
  if (cell === undefined || cell.complete || cell.count > 0) return false;
  const last = cohorts.at(-1)?.interval;
  const beforeLast = cohorts.at(-2)?.interval;
  if (last === undefined || beforeLast === undefined) return false;
  const unitMs = Date.parse(last) - Date.parse(beforeLast);
  const ahead = cohort + (brackets[bucket]?.[0] ?? 0) - (cohorts.length - 1);
  const startMs =
    ahead <= 0
      ? Date.parse(cohorts[cohorts.length - 1 + ahead]?.interval ?? last)
      : Date.parse(last) + ahead * unitMs;
  return startMs > nowMs(last, meta);
}

/** The answer's now on the scale of its intervals: dates are local days, written as if of UTC. */
function nowMs(interval: string, { asOf, timezone }: RetentionAnswer["meta"]): number {
  const ms = Date.parse(asOf);
  if (!DATE.test(interval)) return ms;
  // Sweden writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short" });
  return Date.parse(format.format(ms)) + DAY_MS - 1;
}
