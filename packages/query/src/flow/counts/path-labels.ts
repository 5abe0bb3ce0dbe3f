import type { FlowPlan } from "../flow-plan.ts";
import type { FlowLabels } from "../rows/row-labels.ts";
import type { WalkedFlow } from "../walk/walk-flows.ts";
import { createAnchorLabels } from "./anchor-labels.ts";

/** Visits the labels of a flow's path: of the steps around its anchors, each step once. */
export type EachPathLabel = (flow: WalkedFlow, visit: (label: number) => void) => void;

export function createPathLabels(plan: FlowPlan, labels: FlowLabels): EachPathLabel {
  const { before, after } = plan.parsed;
  const ownLabels = createAnchorLabels(plan, labels);
  return ({ steps, anchors, reachedCount }, visit) => {
    let next = 0; // The first step that is not in the path yet.
    let ahead = 0; // The first anchor that is not in it.
    for (let anchor = 0; anchor < reachedCount; anchor++) {
      const at = anchors[anchor] ?? 0;
      const end = Math.min(steps.length - 1, at + after);
      // Around two anchors a step may lie twice, and is there once.
      for (let step = Math.max(next, at - before); step <= end; step++) {
        const isAnchor = ahead < reachedCount && step === anchors[ahead];
        const label = steps.numbers[step] ?? 0;
        visit(isAnchor ? ownLabels.of(ahead++, label) : label);
      }
      next = Math.max(next, end + 1);
    }
  };
}
