import type { FlowPlan } from "../flow-plan.ts";
import type { FlowLabels } from "../rows/row-labels.ts";
import { createAnchorLabels } from "./anchor-labels.ts";
import { createCountedPairs } from "./counted-pairs.ts";
import type { PathsPart } from "./flow-part.ts";
import type { FlowCounts } from "./graph-counts.ts";

/** Counts whole label sequences in a tree, whose nodes are pairs of a parent and a label. */
export function createPathCounts(plan: FlowPlan, labels: FlowLabels): FlowCounts<PathsPart> {
  const { before, after } = plan.parsed;
  const tree = createCountedPairs(1);
  const ownLabels = createAnchorLabels(plan, labels);
  return {
    add({ steps, anchors, reachedCount }) {
      let node = 0; // 1 + its number; 0 = the root.
      let next = 0; // The first step that is not in the path yet.
      let ahead = 0; // The first anchor that is not in it.
      for (let anchor = 0; anchor < reachedCount; anchor++) {
        const at = anchors[anchor] ?? 0;
        const end = Math.min(steps.length - 1, at + after);
        // Around two anchors a step may lie twice, and is there once.
        for (let step = Math.max(next, at - before); step <= end; step++) {
          const isAnchor = ahead < reachedCount && step === anchors[ahead];
          const label = steps.numbers[step] ?? 0;
          const own = isAnchor ? ownLabels.of(ahead++, label) : label;
          node = tree.indexOf(node, own) + 1;
        }
        next = Math.max(next, end + 1);
      }
      tree.add(node - 1, 0, 1);
    },
    holdBytes(budget) {
      budget.hold(tree, tree.byteCount + labels.byteCount);
    },
    part: () => ({
      mode: "paths",
      labels: labels.texts,
      parents: tree.firsts(),
      nodeLabels: tree.seconds(),
      counts: tree.values(0),
    }),
  };
}
