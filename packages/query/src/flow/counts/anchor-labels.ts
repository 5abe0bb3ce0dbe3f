import type { FlowPlan } from "../flow-plan.ts";
import type { FlowLabels } from "../rows/row-labels.ts";

/** What an anchor is called at its own place: by its label in the query, else like every step. */
export interface AnchorLabels {
  of(anchor: number, label: number): number;
}

export function createAnchorLabels({ parsed }: FlowPlan, labels: FlowLabels): AnchorLabels {
  const own = parsed.anchors.map(({ label }) =>
    label === undefined ? undefined : labels.codeOf(label),
  );
  return { of: (anchor, label) => own[anchor] ?? label };
}
