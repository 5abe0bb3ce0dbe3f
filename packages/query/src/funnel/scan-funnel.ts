import type { RowsWanted, ScanBatch } from "@shale/scan";
import { isColumn, propertiesOf } from "../filter/row-select.ts";
import { wantedRows } from "../filter/wanted-rows.ts";
import type { ParsedFunnel } from "../parse/funnel/parsed-funnel.ts";
import type { QueryRun } from "../query-run.ts";
import { createKeyCells } from "../segmentation/key-cells.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import type { ShardSessionsPlan } from "../sessions/shard-sessions.ts";
import { createShardSessions } from "../sessions/shard-sessions.ts";
import type { FunnelPart } from "./answer/answer-funnel.ts";
import { planTrend } from "./answer/answer-funnel.ts";
import { planAttemptFilter } from "./answer/attempt-filter.ts";
import { createFunnelCounts } from "./funnel-counts.ts";
import type { FunnelPlan } from "./funnel-plan.ts";
import { planFunnel } from "./funnel-plan.ts";
import type { FunnelUserOrder } from "./funnel-users.ts";
import { createAttemptMarks } from "./rows/attempt-marks.ts";
import { createHeldCodes } from "./rows/held-codes.ts";
import { createRowKinds } from "./rows/row-kinds.ts";
import { createShardRows } from "./rows/shard-rows.ts";

/**
 * Shard by shard: gathers the rows that match a step or an exclusion, in columns, then walks them
 * user by user. What is kept of a shard are its attempts, and those of shards simply add up.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED; QUERY_INVALID for too many intervals; what a scan throws
 */
export async function scanFunnel(
  run: QueryRun,
  parsed: ParsedFunnel,
  asOfMs: number,
  order?: FunnelUserOrder,
): Promise<FunnelPart> {
  const plan = planFunnel(parsed, asOfMs);
  const budget = createMemoryBudget(run.memoryBytesMax);
  const intervals = planTrend(parsed);
  const keys = (parsed.by ?? []).map(createKeyCells);
  const kinds = createRowKinds(plan, run.cohorts);
  const held = parsed.holdConstant.length === 0 ? undefined : createHeldCodes(parsed.holdConstant);
  const sessions =
    plan.sessionCount === undefined
      ? undefined
      : await createShardSessions(run, sessionsPlanOf(plan), budget);
  const attemptFilter = planAttemptFilter(plan);
  const marks = attemptFilter && createAttemptMarks(attemptFilter.marked, run.cohorts);
  const rows = createShardRows({ plan, kinds, held, keys, sessions, marks, budget });
  const counts = createFunnelCounts({
    plan,
    kinds,
    rows,
    keys,
    sessions,
    filter: marks && attemptFilter.create(marks, rows),
    intervals,
    budget,
    onUser: order?.add,
  });
  const { startMs: fromMs } = sessions ?? { startMs: plan.fromMs };
  const wanted = wantedOf(plan);
  const columns = columnsOf(parsed);
  const scan = { fromMs, toMs: plan.endMs, columns, order: "user", wanted } as const;
  let last: ScanBatch | undefined;
  for await (const batch of run.scan(scan, "walk")) {
    if (last !== undefined && last.shard !== batch.shard) await walkShard();
    rows.add(batch);
    last = batch;
  }
  await walkShard();
  return counts.part();

  async function walkShard(): Promise<void> {
    if (last !== undefined) order?.beginShard(last, budget);
    for (const _ of counts.walk()) await run.breathe();
    rows.clear();
  }
}

function sessionsPlanOf({ parsed, endMs, isPerSession }: FunnelPlan): ShardSessionsPlan {
  return { ...parsed, endMs, which: isPerSession ? "begun in range" : "all" };
}

/** Whatever matches nothing breaks a chain of order "strict", and belongs to a session. */
function wantedOf({ parsed, sessionCount }: FunnelPlan): RowsWanted | undefined {
  if (parsed.order === "strict" || sessionCount !== undefined) return undefined;
  const selects = [...parsed.steps, ...parsed.exclude].map(({ select }) => select);
  return wantedRows(parsed.where, selects);
}

function columnsOf(parsed: ParsedFunnel): string[] {
  const { where, steps, exclude, ignore, holdConstant, by = [], attemptWhere } = parsed;
  const selects = [...steps, ...exclude].map(({ select }) => select);
  const names = [
    ...propertiesOf(where),
    ...propertiesOf(attemptWhere),
    ...[...selects, ...ignore].flatMap((select) => propertiesOf(select.where)),
    ...[...holdConstant, ...by.map(({ property }) => property)].filter(isColumn),
  ];
  return [...new Set(names)];
}
