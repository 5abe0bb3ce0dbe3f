import type { Cohort, Filter } from "@shale/model";
import { instantMsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import type { ReferenceNow } from "./reference-cohort.ts";
import { membersOf } from "./reference-cohort.ts";

/**
 * The same document, where each filter on a cohort is one on its users by their names. A funnel in
 * it has a now and a zone of its own.
 */
export function withoutCohorts<T>(
  events: readonly ReferenceEvent[],
  document: T,
  now: ReferenceNow,
): T {
  // The shape of the document stays, which the compiler cannot see.
  return replaced(events, document, now) as T;
}

function replaced(events: readonly ReferenceEvent[], value: unknown, outer: ReferenceNow): unknown {
  if (Array.isArray(value)) return value.map((one) => replaced(events, one, outer));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const now = "kind" in value && value.kind === "funnel" ? nowOf(value, outer) : outer;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => [
      name,
      (name === "where" || name === "attemptWhere") && isFilter(inner)
        ? filterOf(events, inner, now)
        : replaced(events, inner, now),
    ]),
  );
}

function nowOf(query: object, { asOfMs }: ReferenceNow): ReferenceNow {
  const { asOf, timezone = "UTC" } = query as {
    readonly asOf?: string | number | Date;
    readonly timezone?: string;
  };
  return { asOfMs: asOf === undefined ? asOfMs : instantMsOf(asOf, timezone), timezone };
}

function isFilter(value: unknown): value is Filter {
  return typeof value === "object" && value !== null;
}

function filterOf(events: readonly ReferenceEvent[], filter: Filter, now: ReferenceNow): Filter {
  const inner = (one: Filter): Filter => filterOf(events, one, now);
  if ("all" in filter) return { all: filter.all.map(inner) };
  if ("any" in filter) return { any: filter.any.map(inner) };
  if ("not" in filter) return { not: inner(filter.not) };
  if (!("cohort" in filter)) return filter;
  const cohort: Cohort = filter.cohort;
  return { property: "$user_id", op: "in", value: membersOf(events, cohort, now) };
}
