import type { Query, Segment, UsersAnswer, UsersQuery } from "@shale/model";
import { ShaleError } from "@shale/model";
import { flowOf } from "../flow/reference-flow.ts";
import { funnelOf } from "../funnel/reference-funnel.ts";
import { lifecycleOf, stickinessOf } from "../reference-activity.ts";
import { instantMsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import { compareText } from "../reference-event.ts";
import { retentionOf } from "../reference-retention.ts";
import { segmentationOf } from "../reference-segmentation.ts";
import { countOfStep } from "./count-of-step.ts";
import { everyone, membersOf } from "./reference-cohort.ts";
import { withoutCohorts } from "./without-cohorts.ts";

type Cell = NonNullable<UsersQuery["cell"]>;

/** The users that a query is for, in order. */
export function usersOf(
  events: readonly ReferenceEvent[],
  query: UsersQuery,
  nowMs: number,
): string[] {
  const { timezone = "UTC", cohort, of, cell = {}, from, to } = query;
  const asOfMs = query.asOf === undefined ? nowMs : instantMsOf(query.asOf, timezone);
  if (of !== undefined) return usersOfCell(events, { of, cell }, asOfMs).sort(compareText);
  if (cohort === undefined) throw new ShaleError("QUERY_INVALID", "Cannot list users: of whom?");
  const fromMs = from === undefined ? -Infinity : instantMsOf(from, timezone);
  const toMs = to === undefined ? Infinity : instantMsOf(to, timezone);
  const seen = new Set(
    events.filter(({ timeMs }) => fromMs <= timeMs && timeMs < toMs).map(({ user_id }) => user_id),
  );
  return membersOf(events, cohort, { asOfMs, timezone })
    .filter((user) => seen.has(user))
    .sort(compareText);
}

/** One page of them. */
export function usersPage(
  users: readonly string[],
  { limit = 100 }: UsersQuery,
  skip: number,
): Pick<UsersAnswer, "users" | "total"> & { readonly hasMore: boolean } {
  const page = users.slice(skip, skip + limit);
  return {
    users: page.map((user_id) => ({ user_id })),
    total: users.length,
    hasMore: skip + page.length < users.length,
  };
}

/** A user is behind a number when the answer over the events of this user alone has it above 0. */
function usersOfCell(
  events: readonly ReferenceEvent[],
  { of, cell }: { readonly of: Query; readonly cell: Cell },
  outerMs: number,
): string[] {
  const timezone = ("timezone" in of ? of.timezone : undefined) ?? "UTC";
  const asOf = "asOf" in of ? of.asOf : undefined;
  const asOfMs = asOf === undefined ? outerMs : instantMsOf(asOf, timezone);
  const plain = withoutCohorts(events, of, { asOfMs, timezone });
  // No segment of one user's answer may be left to the others.
  const asked =
    plain.kind === "flow"
      ? { ...plain, topK: 10_000 }
      : "limit" in plain || "by" in plain
        ? { ...plain, limit: 10_000 }
        : plain;
  return everyone(events).filter((user) => {
    const own = events.filter((event) => event.user_id === user);
    return (numberAt(own, asked as Query, { cell, asOfMs }) ?? 0) > 0;
  });
}

interface At {
  readonly cell: Cell;
  readonly asOfMs: number;
}

/** The number of a cell in the answer over some events; undefined: the answer has no such cell. */
export function numberAt(
  events: readonly ReferenceEvent[],
  query: Query,
  { cell, asOfMs }: At,
): number | undefined {
  switch (query.kind) {
    case "retention": {
      const answer = retentionOf(events, query, asOfMs);
      const { cohorts } = partOf(answer, answer.segments, cell) ?? { cohorts: [] };
      const found = cohorts.find(({ interval }) => interval === cell.interval);
      return cell.bucket === undefined ? found?.size : found?.buckets[cell.bucket]?.count;
    }
    case "funnel": {
      const answer = funnelOf(events, query, asOfMs);
      const part =
        cell.interval === undefined
          ? partOf(answer, answer.segments, cell)
          : answer.trend?.find(({ interval }) => interval === cell.interval);
      return part && countOfStep(query, part.steps, cell.step ?? 1, cell.outcome ?? "reached");
    }
    case "segmentation": {
      const { intervals, series } = segmentationOf(events, query);
      const one = series[cell.series ?? 0];
      const part =
        cell.segment === undefined ? one?.overall : segmentAt(one?.segments, cell.segment);
      if (cell.interval === undefined) return part?.range ?? undefined;
      return part?.values[intervals.indexOf(cell.interval)] ?? undefined;
    }
    case "lifecycle": {
      const answer = lifecycleOf(events, query);
      const { label } = cell;
      if (label !== "new" && label !== "returning" && label !== "resurrecting") {
        return answer.dormant[answer.intervals.indexOf(cell.interval ?? "")];
      }
      return answer[label][answer.intervals.indexOf(cell.interval ?? "")];
    }
    case "flow": {
      const answer = flowOf(events, query, asOfMs);
      if (answer.mode === "paths") return undefined;
      const { anchor = 0, offset, label, outcome = "reached" } = cell;
      const step = answer.steps.find(
        (one) => (one.anchor ?? 0) === anchor && one.offset === offset,
      );
      const nodes = (step?.nodes ?? []).filter(
        (node) => label === undefined || node.label === label,
      );
      const field = { reached: "count", dropped: "dropOff", pending: "pending" } as const;
      return nodes.reduce((sum, node) => sum + node[field[outcome]], 0);
    }
    case "stickiness":
      return stickinessOf(events, query).users[(cell.bucket ?? 0) - 1];
    default:
      throw new ShaleError("QUERY_NOT_BUILT", `Cannot list users of ${query.kind} in this version`);
  }
}

function partOf<Part>(
  whole: Part,
  segments: readonly (Segment & Part)[] | undefined,
  { segment }: Cell,
): Part | undefined {
  return segment === undefined ? whole : segmentAt(segments, segment);
}

function segmentAt<Part extends Segment>(
  segments: readonly Part[] | undefined,
  segment: readonly unknown[],
): Part | undefined {
  const wanted = JSON.stringify(segment);
  return segments?.find(({ by, other }) => other !== true && JSON.stringify(by) === wanted);
}
