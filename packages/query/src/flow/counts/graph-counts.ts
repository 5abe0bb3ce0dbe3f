import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import type { FlowPlan } from "../flow-plan.ts";
import { slotOf } from "../flow-plan.ts";
import type { FlowLabels } from "../rows/row-labels.ts";
import type { WalkedFlow } from "../walk/walk-flows.ts";
import { createAnchorLabels } from "./anchor-labels.ts";
import type { CountedPairs } from "./counted-pairs.ts";
import { createCountedPairs } from "./counted-pairs.ts";
import type { GraphPart } from "./flow-part.ts";

/** Gathers flows, and says at the end what they were. */
export interface FlowCounts<Part> {
  add(flow: WalkedFlow): void;
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  holdBytes(budget: MemoryBudget): void;
  part(): Part;
}

/** Measures of a node. */
export const COUNT = 0;
export const DROP_OFF = 1;
export const PENDING = 2;

/** Nodes are pairs of a slot and a label; edges are pairs of nodes of neighbouring slots. */
export interface FlowGraph {
  readonly nodes: CountedPairs;
  readonly edges: CountedPairs;
}

export function createFlowGraph(): FlowGraph {
  return { nodes: createCountedPairs(3), edges: createCountedPairs(1) };
}

export function createGraphCounts(plan: FlowPlan, labels: FlowLabels): FlowCounts<GraphPart> {
  const { before, after } = plan.parsed;
  const { nodes, edges } = createFlowGraph();
  const ownLabels = createAnchorLabels(plan, labels);

  function addAround(flow: WalkedFlow, anchor: number): void {
    const { numbers, length } = flow.steps;
    const at = flow.anchors[anchor] ?? 0;
    const end = Math.min(length - 1, at + after);
    let previous = -1;
    for (let step = Math.max(0, at - before); step <= end; step++) {
      const label = step === at ? ownLabels.of(anchor, numbers[step] ?? 0) : (numbers[step] ?? 0);
      const node = nodes.indexOf(slotOf(plan, anchor, step - at), label);
      nodes.add(node, COUNT, 1);
      if (previous >= 0) edges.add(edges.indexOf(previous, node), COUNT, 1);
      previous = node;
    }
    if (end < at + after) nodes.add(previous, flow.isOpen ? PENDING : DROP_OFF, 1);
  }
  return {
    add(flow) {
      for (let anchor = 0; anchor < flow.reachedCount; anchor++) addAround(flow, anchor);
    },
    holdBytes(budget) {
      budget.hold(nodes, nodes.byteCount + edges.byteCount + labels.byteCount);
    },
    part: () => ({
      mode: "graph",
      labels: labels.texts,
      nodeSlots: nodes.firsts(),
      nodeLabels: nodes.seconds(),
      counts: nodes.values(COUNT),
      dropOffs: nodes.values(DROP_OFF),
      pendings: nodes.values(PENDING),
      edgeFroms: edges.firsts(),
      edgeTos: edges.seconds(),
      edgeCounts: edges.values(COUNT),
    }),
  };
}
