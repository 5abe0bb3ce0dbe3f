import type { FlowAnswer, FlowNode, FlowQuery } from "@shale/model";
import { instantMsOf, rangeOf, spanMsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import { compareText } from "../reference-event.ts";
import { compareEvents } from "../reference-timeline.ts";
import type { Flow, FlowPlan } from "./user-flows.ts";
import { flowsOf } from "./user-flows.ts";

type FlowBody =
  | Omit<Extract<FlowAnswer, { mode: "graph" }>, "meta">
  | Omit<Extract<FlowAnswer, { mode: "paths" }>, "meta">;

/** The answer to a flow over `events`, without its meta. */
export function flowOf(
  events: readonly ReferenceEvent[],
  query: FlowQuery,
  nowMs: number,
): FlowBody {
  const plan = planOf(query, nowMs);
  const byUser = new Map<string, ReferenceEvent[]>();
  for (const event of events) {
    if (event.user_id === "") continue;
    byUser.set(event.user_id, [...(byUser.get(event.user_id) ?? []), event]);
  }
  const flows = [...byUser.values()].flatMap((own) => flowsOf(plan, own.sort(compareEvents)));
  return query.mode === "paths" ? pathsOf(plan, flows) : graphOf(plan, flows);
}

function planOf(query: FlowQuery, nowMs: number): FlowPlan {
  const { fromMs, toMs, timezone } = rangeOf(query);
  return {
    query,
    fromMs,
    toMs,
    asOfMs: query.asOf === undefined ? nowMs : instantMsOf(query.asOf, timezone),
    windowMs: spanMsOf(query.window ?? "30d"),
    before: query.before ?? 0,
    after: query.after ?? 3,
  };
}

/** What a step is called: an anchor that has a label by that label. */
function labelAt({ query }: FlowPlan, flow: Flow, place: number, anchor: number): string {
  const own = flow.anchorPlaces[anchor] === place ? query.anchors[anchor]?.label : undefined;
  return own ?? String(flow.steps[place]?.label);
}

/** One flow at one anchor: the labels at its offsets, and how it ended. */
interface Passage {
  readonly labels: ReadonlyMap<number, string>;
  readonly lastOffset: number;
  readonly end: "dropOff" | "pending" | undefined;
}

function passagesAt(plan: FlowPlan, flows: readonly Flow[], anchor: number): Passage[] {
  const { before, after } = plan;
  return flows
    .filter(({ anchorPlaces }) => anchorPlaces.length > anchor)
    .map((flow) => {
      const at = Number(flow.anchorPlaces[anchor]);
      const labels = new Map<number, string>();
      for (let offset = 0 - before; offset <= after; offset++) {
        if (flow.steps[at + offset] === undefined) continue;
        labels.set(offset, labelAt(plan, flow, at + offset, anchor));
      }
      const lastOffset = Math.max(...labels.keys());
      const end = lastOffset === after ? undefined : flow.isOpen ? "pending" : "dropOff";
      return { labels, lastOffset, end };
    });
}

/** A label as the answer has it; null stands for those that are not among the greatest. */
type Shown = string | null;

function graphOf(plan: FlowPlan, flows: readonly Flow[]): FlowBody {
  const { query, before, after } = plan;
  const answer: Extract<FlowBody, { mode: "graph" }> = {
    kind: "flow",
    mode: "graph",
    steps: [],
    edges: [],
  };
  for (const anchor of query.anchors.keys()) {
    const passages = passagesAt(plan, flows, anchor);
    const named = query.anchors.length === 1 ? {} : { anchor };
    const nodesAt = (offset: number): FlowNode[] => nodesOf(passages, offset, query.topK ?? 3);
    for (let offset = 0 - before; offset <= after; offset++) {
      answer.steps.push({ ...named, offset, nodes: nodesAt(offset) });
    }
    for (let offset = 0 - before; offset < after; offset++) {
      const [froms, tos] = [nodesAt(offset), nodesAt(offset + 1)];
      for (const from of froms) {
        for (const to of tos) {
          const count = passages.filter(
            ({ labels }) =>
              labels.has(offset) &&
              labels.has(offset + 1) &&
              shownOf(froms, String(labels.get(offset))) === from.label &&
              shownOf(tos, String(labels.get(offset + 1))) === to.label,
          ).length;
          const ends = { from: from.label, to: to.label };
          if (count > 0) answer.edges.push({ ...named, offset, ...ends, count });
        }
      }
    }
  }
  return answer;
}

function shownOf(nodes: readonly FlowNode[], label: string): Shown {
  return nodes.some((node) => node.label === label) ? label : null;
}

function nodesOf(passages: readonly Passage[], offset: number, topK: number): FlowNode[] {
  const byLabel = new Map<string, Passage[]>();
  for (const passage of passages) {
    const label = passage.labels.get(offset);
    if (label !== undefined) byLabel.set(label, [...(byLabel.get(label) ?? []), passage]);
  }
  const ranked = [...byLabel].sort(
    ([left, mine], [right, others]) => others.length - mine.length || compareText(left, right),
  );
  const numbersOf = (own: readonly Passage[]): Pick<FlowNode, "count" | "dropOff" | "pending"> => {
    const ended = (how: Passage["end"]): number =>
      own.filter(({ lastOffset, end }) => lastOffset === offset && end === how).length;
    return { count: own.length, dropOff: ended("dropOff"), pending: ended("pending") };
  };
  const nodes = ranked
    .slice(0, topK)
    .map(([label, own]): FlowNode => ({ label, ...numbersOf(own) }));
  const rest = ranked.slice(topK).flatMap(([, own]) => own);
  if (rest.length > 0) nodes.push({ label: null, other: true, ...numbersOf(rest) });
  return nodes;
}

/** The labels of a flow around its anchors, each step once. */
function pathOf(plan: FlowPlan, flow: Flow): string[] {
  const { before, after } = plan;
  return flow.steps.flatMap((_, place) => {
    const isNear = flow.anchorPlaces.some((at) => at - before <= place && place <= at + after);
    return isNear ? [labelAt(plan, flow, place, flow.anchorPlaces.indexOf(place))] : [];
  });
}

function compareLabels(left: readonly string[], right: readonly string[]): number {
  const orders = left.map((label, index) => {
    const other = right[index];
    return other === undefined ? 1 : compareText(label, other);
  });
  return orders.find((order) => order !== 0) ?? left.length - right.length;
}

function pathsOf(plan: FlowPlan, flows: readonly Flow[]): FlowBody {
  const counts = new Map<string, number>();
  for (const flow of flows) {
    const path = JSON.stringify(pathOf(plan, flow));
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  const ranked = [...counts]
    .map(([path, count]) => ({ labels: JSON.parse(path) as string[], count }))
    .sort((a, b) => b.count - a.count || compareLabels(a.labels, b.labels));
  const paths = ranked.slice(0, plan.query.paths ?? 50);
  const shown = paths.reduce((sum, { count }) => sum + count, 0);
  return { kind: "flow", mode: "paths", paths, other: flows.length - shown };
}
