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
import { countingOf } from "./counting-series.ts";
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
      ? { ...plain, topK: 10_000, paths: 10_000 }
      : "limit" in plain || "by" in plain
        ? { ...plain, limit: 10_000 }
        : plain;
  const shown = cell.other === true ? shownIn(events, plain as Query, { cell, asOfMs }) : undefined;
  return everyone(events).filter((user) => {
    const own = events.filter((event) => event.user_id === user);
    return (numberAt(own, asked as Query, { cell, asOfMs, shown }) ?? 0) > 0;
  });
}

interface At {
  readonly cell: Cell;
  readonly asOfMs: number;
  /** Where the cell is the rest: what the answer over all users shows by itself. */
  readonly shown?: ReadonlySet<string> | undefined;
}

/** The segments, or the labels of a node's step, that the answer does not leave to the rest. */
function shownIn(events: readonly ReferenceEvent[], query: Query, { cell, asOfMs }: At) {
  const named = (segments: readonly Segment[] | undefined): string[] =>
    (segments ?? []).flatMap(({ by, other }) => (other === true ? [] : [JSON.stringify(by)]));
  switch (query.kind) {
    case "retention":
      return new Set(named(retentionOf(events, query, asOfMs).segments));
    case "funnel":
      return new Set(named(funnelOf(events, query, asOfMs).segments));
    case "segmentation":
      return new Set(named(segmentationOf(events, query).series[cell.series ?? 0]?.segments));
    case "flow": {
      const answer = flowOf(events, query, asOfMs);
      if (answer.mode === "paths") {
        return new Set(answer.paths.map(({ labels }) => JSON.stringify(labels)));
      }
      const step = stepOf(answer.steps, cell);
      return new Set(
        (step?.nodes ?? []).flatMap(({ label, other }) => (other === true ? [] : [String(label)])),
      );
    }
    default:
      return new Set<string>();
  }
}

function stepOf<Step extends { readonly anchor?: number | undefined; readonly offset: number }>(
  steps: readonly Step[],
  { anchor = 0, offset }: Cell,
): Step | undefined {
  return steps.find((one) => (one.anchor ?? 0) === anchor && one.offset === offset);
}

/** The number of a cell in the answer over some events; undefined: the answer has no such cell. */
export function numberAt(
  events: readonly ReferenceEvent[],
  query: Query,
  { cell, asOfMs, shown }: At,
): number | undefined {
  const sumOf = <Part>(
    parts: readonly Part[],
    numberOf: (part: Part) => number | null | undefined,
  ): number | undefined =>
    parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + (numberOf(part) ?? 0), 0);
  switch (query.kind) {
    case "retention": {
      const answer = retentionOf(events, query, asOfMs);
      return sumOf(partsOf(answer, answer.segments, cell, shown), ({ cohorts }) => {
        const found = cohorts.find(({ interval }) => interval === cell.interval);
        return cell.bucket === undefined ? found?.size : found?.buckets[cell.bucket]?.count;
      });
    }
    case "funnel": {
      const answer = funnelOf(events, query, asOfMs);
      const parts =
        cell.interval === undefined
          ? partsOf(answer, answer.segments, cell, shown)
          : (answer.trend ?? []).filter(({ interval }) => interval === cell.interval);
      return sumOf(parts, ({ steps }) =>
        countOfStep(query, steps, cell.step ?? 1, cell.outcome ?? "reached"),
      );
    }
    case "segmentation": {
      const counted = countingOf(query, cell.series ?? 0);
      const { intervals, series } = segmentationOf(events.filter(counted.enters), counted.query);
      const one = series[0];
      if (one === undefined) return undefined;
      const parts = partsOf(one.overall, one.segments, cell, shown);
      const place = cell.interval === undefined ? -1 : intervals.indexOf(cell.interval);
      return sumOf(parts, ({ range, values }) =>
        cell.interval === undefined ? range : values[place],
      );
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
      if (answer.mode === "paths") {
        const wanted = JSON.stringify(cell.labels);
        const isMeant = (path: string): boolean =>
          shown === undefined ? path === wanted : !shown.has(path);
        return sumOf(answer.paths, ({ labels, count }) =>
          isMeant(JSON.stringify(labels)) ? count : 0,
        );
      }
      const { label, outcome = "reached" } = cell;
      const nodes = (stepOf(answer.steps, cell)?.nodes ?? []).filter((node) =>
        shown === undefined
          ? label === undefined || node.label === label
          : !shown.has(String(node.label)),
      );
      const field = { reached: "count", dropped: "dropOff", pending: "pending" } as const;
      return nodes.reduce((sum, node) => sum + node[field[outcome]], 0);
    }
    case "stickiness":
      return stickinessOf(events, query).users[(cell.bucket ?? 0) - 1];
    default:
      throw new ShaleError(
        "QUERY_INVALID",
        `Cannot list users of ${query.kind}: it has no numbers`,
      );
  }
}

function partsOf<Part>(
  whole: Part,
  segments: readonly (Segment & Part)[] | undefined,
  { segment }: Cell,
  shown: ReadonlySet<string> | undefined,
): readonly Part[] {
  if (shown !== undefined) {
    return (segments ?? []).filter(({ by }) => !shown.has(JSON.stringify(by)));
  }
  if (segment === undefined) return [whole];
  const wanted = JSON.stringify(segment);
  return (segments ?? []).filter(
    ({ by, other }) => other !== true && JSON.stringify(by) === wanted,
  );
}
