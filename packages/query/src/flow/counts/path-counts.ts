import type { FlowPlan } from "../flow-plan.ts";
import type { FlowLabels } from "../rows/row-labels.ts";
import { createCountedPairs } from "./counted-pairs.ts";
import type { PathsPart } from "./flow-part.ts";
import type { FlowCounts } from "./graph-counts.ts";
import { createPathLabels } from "./path-labels.ts";

/** Counts whole label sequences in a tree, whose nodes are pairs of a parent and a label. */
export function createPathCounts(plan: FlowPlan, labels: FlowLabels): FlowCounts<PathsPart> {
  const tree = createCountedPairs(1);
  const eachLabel = createPathLabels(plan, labels);
  return {
    add(flow) {
      let node = 0; // 1 + its number; 0 = the root.
      eachLabel(flow, (label) => {
        node = tree.indexOf(node, label) + 1;
      });
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
