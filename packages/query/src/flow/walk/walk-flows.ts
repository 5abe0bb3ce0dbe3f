import type { GrowingColumn } from "../../rows/growing-columns.ts";
import { growingU32 } from "../../rows/growing-columns.ts";
import type { FlowPlan } from "../flow-plan.ts";
import type { UserSequence } from "./user-sequence.ts";

/** One flow of a user. A walk writes into it and uses it again. */
export interface WalkedFlow {
  /** Labels of its steps in order, those before the first anchor too. */
  readonly steps: GrowingColumn<Uint32Array>;
  /** By anchor: which step it is. Those from `reachedCount` on mean nothing. */
  readonly anchors: Uint32Array;
  reachedCount: number;
  /** Whether its window is still open at asOf. */
  isOpen: boolean;
}

/** Hands over the flows of the user whose sequence is loaded, one after the other. */
export type WalkFlows = (take: (flow: WalkedFlow) => void) => void;

export function createFlowWalk(plan: FlowPlan, sequence: UserSequence): WalkFlows {
  const { anchorCount, asOfMs } = plan;
  const { after, windowMs, collapseRepeats, count } = plan.parsed;
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
    const mostMs = startMs + windowMs;
    lookBack(start, steps);
    let label = sequence.labels[start] ?? 0;
    let last = steps.length;
    let reachedCount = 1;
    anchors[0] = last;
    steps.push(label);
    let event = start + 1;
    for (; event < sequence.count; event++) {
      if ((sequence.timesMs[event] ?? 0) > mostMs) break;
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
    for (let start = nextStart(plan, sequence, 0); start >= 0; ) {
      const next = walk(start);
      take(flow);
      start = count === "totals" ? nextStart(plan, sequence, next) : -1;
    }
  };
}

/** The first event from `from` on that may begin a flow; -1 when there is none. */
function nextStart({ parsed }: FlowPlan, sequence: UserSequence, from: number): number {
  for (let event = from; event < sequence.count; event++) {
    const atMs = sequence.timesMs[event] ?? 0;
    if (atMs >= parsed.toMs) return -1;
    if (atMs >= parsed.fromMs && ((sequence.anchors[event] ?? 0) & 1) === 1) return event;
  }
  return -1;
}

/** Begins the steps of a flow with those before its first anchor, found backwards from it. */
function createLookBack({ parsed }: FlowPlan, sequence: UserSequence) {
  const { before, windowMs, collapseRepeats } = parsed;
  const earlier = new Uint32Array(before);
  return (start: number, steps: WalkedFlow["steps"]): void => {
    const leastMs = (sequence.timesMs[start] ?? 0) - windowMs;
    let label = sequence.labels[start] ?? 0;
    let found = 0;
    for (let event = start - 1; event >= 0 && found < before; event--) {
      if ((sequence.timesMs[event] ?? 0) < leastMs) break;
      const next = sequence.labels[event] ?? 0;
      if (collapseRepeats && next === label) continue;
      label = next;
      earlier[found++] = label;
    }
    steps.clear();
    while (found > 0) steps.push(earlier[--found] ?? 0);
  };
}
