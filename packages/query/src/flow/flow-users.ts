import { createUserCollector } from "../cohort/collect-users.ts";
import type { UserSet } from "../cohort/user-set.ts";
import type { ParsedFlow } from "../parse/flow/parsed-flow.ts";
import type { FlowCell, FlowNodeCell, FlowPathCell } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import { createAnchorLabels } from "./counts/anchor-labels.ts";
import { createPathLabels } from "./counts/path-labels.ts";
import type { FlowPlan } from "./flow-plan.ts";
import type { FlowLabels } from "./rows/row-labels.ts";
import { scanFlows } from "./scan-flow.ts";
import type { WalkedFlow } from "./walk/walk-flows.ts";

export interface FlowCellAsked {
  readonly of: ParsedFlow;
  readonly cell: FlowCell;
}

/**
 * The users with a flow behind a number of a node, or of a path. `listed`: the labels of the nodes
 * that the answer names at its place, or its paths as JSON.
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
        const isMeant =
          cell.kind === "path"
            ? createPathTest(plan, labels, { cell, listed })
            : createNodeTest(plan, labels, { cell, listed });
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
  { cell, listed }: { readonly cell: FlowNodeCell; readonly listed: readonly string[] },
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

/** Paths by their labels, one after the other. */
interface PathNode {
  readonly next: Map<number, PathNode>;
  isEnd: boolean;
}

/** Whether a flow took the path of the cell; "others": none of those that the answer lists. */
function createPathTest(
  plan: FlowPlan,
  labels: FlowLabels,
  { cell: { path }, listed }: { readonly cell: FlowPathCell; readonly listed: readonly string[] },
): (flow: WalkedFlow) => boolean {
  const eachLabel = createPathLabels(plan, labels);
  const paths = path === "others" ? listed.map((one): string[] => JSON.parse(one)) : [path];
  const root: PathNode = { next: new Map(), isEnd: false };
  for (const one of paths) {
    let node = root;
    for (const text of one) {
      const code = labels.codeOf(text);
      const next = node.next.get(code) ?? { next: new Map(), isEnd: false };
      node.next.set(code, next);
      node = next;
    }
    node.isEnd = true;
  }
  return (flow) => {
    let node: PathNode | undefined = root;
    eachLabel(flow, (label) => {
      node = node?.next.get(label);
    });
    const isNamed = node?.isEnd === true;
    return path === "others" ? !isNamed : isNamed;
  };
}
