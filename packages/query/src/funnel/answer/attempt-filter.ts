import { unreachable } from "@shale/model";
import type { ParsedFilter } from "../../parse/parsed-query.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import type { AttemptMarks, MarkedThings } from "../rows/attempt-marks.ts";
import type { ShardRows } from "../rows/shard-rows.ts";
import type { UserEvents } from "../rows/user-events.ts";
import type { MatchedEvents } from "../walk/optional-steps.ts";
import { attributedEvent } from "./attributed-event.ts";

/** Whether an attempt counts, by the events of its steps. */
export type AttemptFilter = (events: UserEvents, matched: MatchedEvents) => boolean;

/** A filter whose conditions are numbered. */
type Numbered =
  | {
      readonly kind: "condition";
      readonly index: number;
      /** Whose value it is about; undefined: that of the user. */
      readonly property: number | undefined;
      /** Whether it is true of no value. */
      readonly holdsOfNothing: boolean;
    }
  | { readonly kind: "all" | "any"; readonly filters: readonly Numbered[] }
  | { readonly kind: "not"; readonly filter: Numbered };

export interface AttemptFilterPlan {
  readonly marked: MarkedThings;
  create(marks: AttemptMarks, rows: ShardRows): AttemptFilter;
}

/** The filter that is asked of attempts, and what it has to know of rows. */
export function planAttemptFilter({ parsed }: FunnelPlan): AttemptFilterPlan | undefined {
  const { attemptWhere, attribution } = parsed;
  if (attemptWhere === undefined) return undefined;
  if (attribution === "allSteps") {
    const marked = { conditions: [attemptWhere], properties: [] };
    const create: AttemptFilterPlan["create"] = (marks, rows) => (events, matched) =>
      matched.every((event) => event < 0 || marks.holds(markOf(rows, events, event), 0));
    return { marked, create };
  }
  const conditions: ParsedFilter[] = [];
  const properties: string[] = [];
  const numbered = number(attemptWhere, conditions, properties);
  return {
    marked: { conditions, properties },
    create: (marks, rows) => (events, matched) => {
      const markAt = (event: number): number => markOf(rows, events, event);
      const holds = (filter: Numbered): boolean => {
        switch (filter.kind) {
          case "all":
            return filter.filters.every(holds);
          case "any":
            return filter.filters.some(holds);
          case "not":
            return !holds(filter.filter);
          case "condition": {
            const { index, property, holdsOfNothing } = filter;
            if (property === undefined) return marks.holds(markAt(matched[0] ?? 0), index);
            const isDefined = (event: number): boolean => marks.isDefined(markAt(event), property);
            const event = attributedEvent(attribution, matched, isDefined);
            return event < 0 ? holdsOfNothing : marks.holds(markAt(event), index);
          }
          default:
            return unreachable(filter);
        }
      };
      return holds(numbered);
    },
  };
}

function markOf(rows: ShardRows, events: UserEvents, event: number): number {
  return rows.marks?.[events.rows[event] ?? 0] ?? 0;
}

function number(filter: ParsedFilter, conditions: ParsedFilter[], properties: string[]): Numbered {
  const inner = (one: ParsedFilter): Numbered => number(one, conditions, properties);
  switch (filter.kind) {
    case "all":
    case "any":
      return { kind: filter.kind, filters: filter.filters.map(inner) };
    case "not":
      return { kind: "not", filter: inner(filter.filter) };
    case "cohort": {
      const index = conditions.push(filter) - 1;
      return { kind: "condition", index, property: undefined, holdsOfNothing: false };
    }
    case "property": {
      const index = conditions.push(filter) - 1;
      const known = properties.indexOf(filter.property);
      const property = known < 0 ? properties.push(filter.property) - 1 : known;
      const negative = ["neq", "notIn", "notContains", "isNotSet"];
      return { kind: "condition", index, property, holdsOfNothing: negative.includes(filter.op) };
    }
    default:
      return unreachable(filter);
  }
}
