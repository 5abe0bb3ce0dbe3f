import { createUserCollector } from "../cohort/collect-users.ts";
import type { UserSet } from "../cohort/user-set.ts";
import type { ParsedFlow } from "../parse/flow/parsed-flow.ts";
import type { FlowCell } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import { createAnchorLabels } from "./counts/anchor-labels.ts";
import type { FlowPlan } from "./flow-plan.ts";
import type { FlowLabels } from "./rows/row-labels.ts";
import { scanFlows } from "./scan-flow.ts";
import type { WalkedFlow } from "./walk/walk-flows.ts";

export interface FlowCellAsked {
  readonly of: ParsedFlow;
  readonly cell: FlowCell;
}

/**
 * The users with a flow behind a number of a node. `listed`: the labels of the nodes that the
 * answer names at its place.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function usersOfFlow(
  run: QueryRun,
  { of: parsed, cell, listed }: FlowCellAsked & { readonly listed: readonly string[] },
  asOfMs: number,
): Promise<UserSet> {
  const users = createUserCollector(createMemoryBudget(run.memoryBytesMax));
  /** Whose flows come next. */
  let user = 0;
  await scanFlows(
    run,
    { parsed, asOfMs },
    {
      createCounts(plan, labels) {
        const isMeant = createNodeTest(plan, labels, { cell, listed });
        return {
          add(flow) {
            if (isMeant(flow)) users.add(user);
          },
          holdBytes: (budget) => budget.hold(labels, labels.byteCount),
          part: () => undefined,
        };
      },
      beginShard: users.begin,
      onUser(next) {
        user = next;
      },
    },
  );
  return users.finish();
}

/** Whether a flow is behind the number of the cell. */
function createNodeTest(
  plan: FlowPlan,
  labels: FlowLabels,
  { cell, listed }: { readonly cell: FlowCell; readonly listed: readonly string[] },
): (flow: WalkedFlow) => boolean {
  const { anchor, offset, node, outcome } = cell;
  const { after } = plan.parsed;
  const ownLabels = createAnchorLabels(plan, labels);
  const named = new Set(listed.map(labels.codeOf));
  const wanted = typeof node === "object" ? labels.codeOf(node.label) : -1;
  return ({ steps, anchors, reachedCount, isOpen }) => {
    if (anchor >= reachedCount) return false;
    const at = (anchors[anchor] ?? 0) + offset;
    if (at < 0 || at >= steps.length) return false;
    const own = steps.numbers[at] ?? 0;
    const label = offset === 0 ? ownLabels.of(anchor, own) : own;
    if (node === "others" ? named.has(label) : node !== undefined && label !== wanted) return false;
    if (outcome === "reached") return true;
    const isLast = at === steps.length - 1 && offset < after;
    return isLast && isOpen === (outcome === "pending");
  };
}
