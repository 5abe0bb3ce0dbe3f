import type { ScanBatch } from "@shale/scan";
import type { ParsedFlow } from "../parse/flow/parsed-flow.ts";
import type { QueryRun } from "../query-run.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import type { ShardSessionsPlan } from "../sessions/shard-sessions.ts";
import { createShardSessions } from "../sessions/shard-sessions.ts";
import { SESSION_MS_MAX } from "../sessions/track-sessions.ts";
import type { FlowPart } from "./counts/flow-part.ts";
import type { FlowCounts } from "./counts/graph-counts.ts";
import { createGraphCounts } from "./counts/graph-counts.ts";
import { createPathCounts } from "./counts/path-counts.ts";
import type { FlowPlan } from "./flow-plan.ts";
import { planFlow } from "./flow-plan.ts";
import { createFlowRows } from "./rows/flow-rows.ts";
import type { FlowLabels } from "./rows/row-labels.ts";
import { createFlowLabels, createRowLabels } from "./rows/row-labels.ts";
import { createUserSequence } from "./walk/user-sequence.ts";
import { createFlowWalk } from "./walk/walk-flows.ts";

/** Events that are walked between two looks at the clock. */
const EVENTS_AT_ONCE = 20_000;

/**
 * Shard by shard: gathers the visible rows in columns, then walks them user by user and counts the
 * flows.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function scanFlow(
  run: QueryRun,
  parsed: ParsedFlow,
  asOfMs: number,
): Promise<FlowPart> {
  return await scanFlows<FlowPart>(
    run,
    { parsed, asOfMs },
    { createCounts: parsed.mode === "graph" ? createGraphCounts : createPathCounts },
  );
}

/** What becomes of the flows that a scan finds. */
export interface FlowScan<Part> {
  createCounts(plan: FlowPlan, labels: FlowLabels): FlowCounts<Part>;
  /** The users that follow are those of the batch's shard. */
  beginShard?(batch: ScanBatch): void;
  /** The flows that follow are those of this user. */
  onUser?(user: number): void;
}

/** @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws */
export async function scanFlows<Part>(
  run: QueryRun,
  { parsed, asOfMs }: { readonly parsed: ParsedFlow; readonly asOfMs: number },
  scanned: FlowScan<Part>,
): Promise<Part> {
  const plan = planFlow(parsed, asOfMs);
  const budget = createMemoryBudget(run.memoryBytesMax);
  const labels = createFlowLabels();
  const { cohorts } = run;
  const rowLabels = createRowLabels(parsed.groupBy, labels);
  const sessions =
    parsed.count === "sessions"
      ? await createShardSessions(run, sessionsPlanOf(parsed), budget)
      : undefined;
  const rows = createFlowRows({ plan, labels: rowLabels, cohorts, sessions, budget });
  const counts = scanned.createCounts(plan, labels);
  const sequence = createUserSequence();
  const walk = createFlowWalk({ plan, sequence, sessions });
  const { startMs, endMs } = sessions ?? plan;
  const { columns } = plan;
  const scan = { fromMs: startMs, toMs: endMs, columns, order: "user" } as const;
  let last: ScanBatch | undefined;
  for await (const batch of run.scan(scan, "walk")) {
    if (last !== undefined && last.shard !== batch.shard) await walkShard();
    rows.add(batch);
    last = batch;
  }
  await walkShard();
  return counts.part();

  async function walkShard(): Promise<void> {
    if (last !== undefined) scanned.beginShard?.(last);
    const order = rows.byUser();
    let walked = 0;
    for (let user = 0; user + 1 < order.starts.length; user++) {
      const start = order.starts[user] ?? 0;
      const end = order.starts[user + 1] ?? 0;
      if (start === end) continue;
      sequence.load(rows, order.rows.subarray(start, end));
      scanned.onUser?.(user);
      walk(counts.add);
      walked += end - start;
      if (walked < EVENTS_AT_ONCE) continue;
      walked = 0;
      counts.holdBytes(budget);
      await run.breathe();
    }
    counts.holdBytes(budget);
    rows.clear();
  }
}

function sessionsPlanOf(parsed: ParsedFlow): ShardSessionsPlan {
  return { ...parsed, endMs: parsed.toMs + SESSION_MS_MAX, which: "begun in range" };
}
