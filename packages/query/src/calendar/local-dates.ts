import { DAY_MS } from "@shale/model";
import type { ZoneOffsets } from "./zone-offsets.ts";
import { offsetAt, segmentAt, zoneOffsetsOf } from "./zone-offsets.ts";

/** A local date: whole days since 1970-01-01 on the calendar of some zone, whatever its offset. */
export type LocalDay = number;

export function localDayAt(zone: ZoneOffsets, atMs: number): LocalDay {
  return Math.floor((atMs + offsetAt(zone, atMs)) / DAY_MS);
}

/**
 * The first instant whose local date is `day` or later: midnight, or the end of the gap that
 * swallowed it, or the earlier of two midnights. A skipped date begins with the next one.
 */
export function firstInstantOf(zone: ZoneOffsets, day: LocalDay): number {
  const midnightMs = day * DAY_MS;
  // No offset reaches a day, so two days before the midnight every local date is an earlier one.
  const first = segmentAt(zone, midnightMs - 2 * DAY_MS);
  for (let i = first; i < zone.startsMs.length; i++) {
    const offsetMs = zone.offsetsMs[i] ?? 0;
    const atMs = Math.max(zone.startsMs[i] ?? 0, midnightMs - offsetMs);
    if (atMs < (zone.startsMs[i + 1] ?? Number.POSITIVE_INFINITY)) return atMs;
  }
  return midnightMs; // Not reached: the last segment has no end.
}

/** Local midnight of a date in a zone by name: what a date without a time means in a query. */
export function midnightOf(timezone: string, day: LocalDay): number {
  const aroundMs = day * DAY_MS;
  return firstInstantOf(zoneOffsetsOf(timezone, aroundMs - 3 * DAY_MS, aroundMs + 3 * DAY_MS), day);
}

/** The day of a date by its parts; undefined when there is no such date. Years 1 to 9999. */
export function localDayOf(year: number, month: number, day: number): LocalDay | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same && year >= 1 && year <= 9999 ? date.getTime() / DAY_MS : undefined;
}

/** `2026-10-01`. */
export function dateTextOf(day: LocalDay): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
