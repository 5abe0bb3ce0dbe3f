import type { Filter, SegmentationQuery, TimeUnit, WeekStart } from "@shale/model";
import { parseWhere } from "./parse-where.ts";
import { timeRangeOf } from "./time-range.ts";

/** The measures that need no property, and what a heading calls them. */
export const segmentMeasures = {
  total: "events",
  unique: "unique users",
  sessions: "sessions",
  dau: "daily active users",
  wau: "weekly active users",
  mau: "monthly active users",
  cumulativeUnique: "unique users so far",
} as const;

/** The flags of `shale segment`. */
export interface SegmentArguments {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly unit: TimeUnit | "range";
  readonly measure: keyof typeof segmentMeasures;
  readonly by: readonly string[];
  readonly where: readonly string[];
  readonly limit?: number | undefined;
  readonly timezone?: string | undefined;
  readonly weekStart?: WeekStart | undefined;
}

/** One series an event name; without names, one series of any event. */
export function segmentationQueryOf(
  events: readonly string[],
  options: SegmentArguments,
  nowMs: number,
): SegmentationQuery {
  const { unit, measure, by, limit, timezone, weekStart } = options;
  const where: Filter | undefined = parseWhere(options.where);
  const selects = events.length > 0 ? events.map((event) => ({ event })) : [{}];
  return {
    kind: "segmentation",
    ...timeRangeOf(options, nowMs),
    unit,
    series: selects.map((select) => ({ select, measure })),
    ...(by.length > 0 ? { by } : {}),
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(weekStart === undefined ? {} : { weekStart }),
  };
}

/** `purchase: unique users per day by country where price>10, 2026-10-01 to 2026-10-31`. */
export function headingOf(
  events: readonly string[],
  options: SegmentArguments,
  query: SegmentationQuery,
): string {
  const { unit, measure, by, where, timezone } = options;
  const parts = [
    `${events.length > 0 ? events.join(", ") : "any event"}:`,
    segmentMeasures[measure],
    unit === "range" ? "" : `per ${unit}`,
    by.length > 0 ? `by ${by.join(", ")}` : "",
    where.length > 0 ? `where ${where.join(" and ")}` : "",
    `from ${query.from} to before ${query.to}`,
    timezone ?? "UTC",
  ];
  return parts.filter((part) => part !== "").join(" ");
}
