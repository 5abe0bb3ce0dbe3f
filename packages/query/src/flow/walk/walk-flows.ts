import { unreachable } from "@shale/model";
import type { GrowingColumn } from "../../rows/growing-columns.ts";
import { growingU32 } from "../../rows/growing-columns.ts";
import type { ShardSessions } from "../../sessions/shard-sessions.ts";
import { NO_SESSION } from "../../sessions/shard-sessions.ts";
import type { FlowPlan } from "../flow-plan.ts";
import type { UserSequence } from "./user-sequence.ts";

/** One flow of a user. A walk writes into it and uses it again. */
export interface WalkedFlow {
  /** Labels of its steps in order, those before the first anchor too. */
  readonly steps: GrowingColumn<Uint32Array>;
  /** By anchor: which step it is. Those from `reachedCount` on mean nothing. */
  readonly anchors: Uint32Array;
  reachedCount: number;
  /** Whether its window, and its session, are still open at asOf. */
  isOpen: boolean;
}

/** Hands over the flows of the user whose sequence is loaded, one after the other. */
export type WalkFlows = (take: (flow: WalkedFlow) => void) => void;

export interface FlowWalkOptions {
  readonly plan: FlowPlan;
  readonly sequence: UserSequence;
  /** Where given, a flow lies in one of them. */
  readonly sessions: ShardSessions | undefined;
}

export function createFlowWalk({ plan, sequence, sessions }: FlowWalkOptions): WalkFlows {
  const { anchorCount, asOfMs } = plan;
  const { after, windowMs, collapseRepeats } = plan.parsed;
  const lookBack = createLookBack(plan, sequence);
  const flow: WalkedFlow = {
    steps: growingU32(),
    anchors: new Uint32Array(anchorCount),
    reachedCount: 0,
    isOpen: false,
  };
  const { steps, anchors } = flow;

  /** Walks one flow. Returns the first event behind it. */
  function walk(start: number): number {
    const startMs = sequence.timesMs[start] ?? 0;
    const session = sequence.sessions[start] ?? NO_SESSION;
    const mostMs = Math.min(startMs + windowMs, sessions?.openUntilMs(session) ?? Infinity);
    lookBack(start, steps);
    let label = sequence.labels[start] ?? 0;
    let last = steps.length;
    let reachedCount = 1;
    anchors[0] = last;
    steps.push(label);
    let event = start + 1;
    for (; event < sequence.count; event++) {
      if ((sequence.timesMs[event] ?? 0) > mostMs || sequence.sessions[event] !== session) break;
      const next = sequence.labels[event] ?? 0;
      if (!collapseRepeats || next !== label) {
        if (reachedCount === anchorCount && steps.length - 1 - last === after) break;
        label = next;
        steps.push(label);
      }
      if (reachedCount === anchorCount || steps.length - 1 === last) continue;
      // Any of the repeats that are one step may be the anchor.
      if (((sequence.anchors[event] ?? 0) >>> reachedCount) & 1) {
        last = steps.length - 1;
        anchors[reachedCount++] = last;
      }
    }
    flow.reachedCount = reachedCount;
    flow.isOpen = mostMs >= asOfMs;
    return event;
  }
  return (take) => {
    for (let start = firstStart(plan, sequence, 0); start >= 0; ) {
      const next = walk(start);
      take(flow);
      start = nextStart(plan, sequence, { start, next });
    }
  };
}

/** The first event from `from` on that may begin a flow; -1 when there is none. */
function firstStart({ parsed }: FlowPlan, sequence: UserSequence, from: number): number {
  for (let event = from; event < sequence.count; event++) {
    const isAnchor = ((sequence.anchors[event] ?? 0) & 1) === 1;
    if (!isAnchor) continue;
    // Sessions that count began in the range, wherever their anchors are.
    if (parsed.count === "sessions") return event;
    const atMs = sequence.timesMs[event] ?? 0;
    if (atMs >= parsed.fromMs && atMs < parsed.toMs) return event;
  }
  return -1;
}

/** What begins the flow after the one that went from `start` up to `next`; -1: nothing does. */
function nextStart(
  plan: FlowPlan,
  sequence: UserSequence,
  { start, next }: { readonly start: number; readonly next: number },
): number {
  const { count } = plan.parsed;
  switch (count) {
    case "uniques":
      return -1;
    case "totals":
      return firstStart(plan, sequence, next);
    case "sessions": {
      const session = sequence.sessions[start];
      let event = next;
      while (event < sequence.count && sequence.sessions[event] === session) event++;
      return firstStart(plan, sequence, event);
    }
    default:
      return unreachable(count);
  }
}

/** Begins the steps of a flow with those before its first anchor, found backwards from it. */
function createLookBack({ parsed }: FlowPlan, sequence: UserSequence) {
  const { before, windowMs, collapseRepeats } = parsed;
  const earlier = new Uint32Array(before);
  return (start: number, steps: WalkedFlow["steps"]): void => {
    const leastMs = (sequence.timesMs[start] ?? 0) - windowMs;
    const session = sequence.sessions[start];
    let label = sequence.labels[start] ?? 0;
    let found = 0;
    for (let event = start - 1; event >= 0 && found < before; event--) {
      if ((sequence.timesMs[event] ?? 0) < leastMs) break;
      if (sequence.sessions[event] !== session) break;
      const next = sequence.labels[event] ?? 0;
      if (collapseRepeats && next === label) continue;
      label = next;
      earlier[found++] = label;
    }
    steps.clear();
    while (found > 0) steps.push(earlier[--found] ?? 0);
  };
}
