import type { ScanBatch } from "@shale/scan";
import { createUserCollector } from "../cohort/collect-users.ts";
import type { UserSet } from "../cohort/user-set.ts";
import type { ParsedFunnel } from "../parse/funnel/parsed-funnel.ts";
import type { FunnelCell } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import { growingU32 } from "../rows/growing-columns.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import { createSegmentTest } from "../users/segment-test.ts";
import type { FunnelPart } from "./answer/answer-funnel.ts";
import { outcomeAt } from "./answer/attempt-outcome.ts";
import type { Attempts } from "./answer/attempt-table.ts";
import { joinAttempts } from "./answer/attempt-table.ts";
import { othersOf } from "./answer/segment-attempts.ts";
import type { FunnelPlan } from "./funnel-plan.ts";
import { planFunnel } from "./funnel-plan.ts";
import { scanFunnel } from "./scan-funnel.ts";

/** Who the users are that a scan numbers from 0 in the order in which it walks them. */
export interface FunnelUserOrder {
  /** The users that follow are those of the batch's shard. */
  beginShard(batch: ScanBatch, budget: MemoryBudget): void;
  add(user: number): void;
}

export interface FunnelCellAsked {
  readonly of: ParsedFunnel;
  readonly cell: FunnelCell;
  /** Segments that the answer lists, as JSON. */
  readonly listed?: readonly string[] | undefined;
}

/**
 * The users behind a number of a funnel; where it counts attempts, those with at least one of them.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function usersOfFunnel(
  run: QueryRun,
  { of: parsed, cell, listed = [] }: FunnelCellAsked,
  asOfMs: number,
): Promise<UserSet> {
  // A number is that of a segment, of an interval, or of the whole.
  const by = cell.segment === undefined ? undefined : parsed.by;
  const trend = cell.interval === undefined ? undefined : parsed.trend;
  const asked = { ...parsed, by, trend };
  const plan = planFunnel(asked, asOfMs);
  const order = createUserOrder();
  const part = await scanFunnel(run, asked, asOfMs, order);
  const users = createUserCollector(createMemoryBudget(run.memoryBytesMax));
  const { table, attempts } = attemptsOf(plan, part, { cell, listed });
  const take = order.reader(users.begin);
  for (const attempt of attempts) {
    if (outcomeAt(plan, table, { attempt, step: cell.step - 1 }) !== cell.outcome) continue;
    users.add(take(table.userOf(attempt)));
  }
  return users.finish();
}

/** The attempts that the cell is about, ascending. */
function attemptsOf(
  plan: FunnelPlan,
  part: FunnelPart,
  { cell: { segment, interval }, listed }: Required<Pick<FunnelCellAsked, "cell" | "listed">>,
): { readonly table: Attempts; readonly attempts: Iterable<number> } {
  if (interval !== undefined && part.trend !== undefined) {
    const { intervals } = part.trend;
    const all = Uint32Array.from(intervals, (_, attempt) => attempt);
    const attempts = all.filter((attempt) => intervals[attempt] === interval);
    return { table: joinAttempts([part.trend.attempts]), attempts };
  }
  const table = joinAttempts([part.attempts]);
  if (segment === undefined || part.segments === undefined) {
    return { table, attempts: part.overall };
  }
  const { attempts, segments, values } = part.segments;
  const verdicts = values.map(createSegmentTest(segment, listed ?? []));
  const own = attempts.filter((_, place) => verdicts[segments[place] ?? 0]);
  return { table, attempts: segment === "others" ? othersOf(plan, table, [own]) : own };
}

function createUserOrder() {
  const codes = growingU32();
  const shards: { readonly batch: ScanBatch; readonly first: number }[] = [];
  const holder = {};
  return {
    beginShard(batch: ScanBatch, budget: MemoryBudget): void {
      shards.push({ batch, first: codes.length });
      budget.hold(holder, codes.byteCount);
    },
    add: (user: number): void => codes.push(user),
    /** Gives the code of a user, having begun its shard; the users are asked for in their order. */
    reader(begin: (batch: ScanBatch) => void): (user: number) => number {
      let next = 0;
      return (user) => {
        for (; next < shards.length && (shards[next]?.first ?? 0) <= user; next++) {
          const shard = shards[next];
          if (shard !== undefined) begin(shard.batch);
        }
        return codes.numbers[user] ?? 0;
      };
    },
  };
}
