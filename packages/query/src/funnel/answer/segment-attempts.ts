import type { FunnelAnswer } from "@shale/model";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import { compareSegments } from "../../segmentation/segment-order.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import { growingU32 } from "../rows/growing-columns.ts";
import { answerSteps } from "./answer-steps.ts";
import type { AttemptSegments } from "./attempt-segments.ts";
import type { AttemptTable } from "./attempt-table.ts";

/** Which attempts count in which segments. */
export interface SegmentAttempts {
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  add(attempt: number, segment: number): void;
  answer(): NonNullable<FunnelAnswer["segments"]>;
}

export interface SegmentAttemptsOptions {
  readonly plan: FunnelPlan;
  readonly table: AttemptTable;
  readonly segments: AttemptSegments;
  readonly budget: MemoryBudget;
}

export function createSegmentAttempts(options: SegmentAttemptsOptions): SegmentAttempts {
  const { plan, table, segments, budget } = options;
  const attempts = growingU32();
  const segmentsOfAttempts = growingU32();
  const holder = {};

  /** The attempts of each segment, in order. */
  function bySegment(): Uint32Array[] {
    const counts = new Uint32Array(segments.count);
    for (let i = 0; i < attempts.length; i++) {
      const segment = segmentsOfAttempts.numbers[i] ?? 0;
      counts[segment] = (counts[segment] ?? 0) + 1;
    }
    const lists = Array.from(counts, (count) => new Uint32Array(count));
    counts.fill(0);
    for (let i = 0; i < attempts.length; i++) {
      const segment = segmentsOfAttempts.numbers[i] ?? 0;
      const at = counts[segment] ?? 0;
      const list = lists[segment];
      if (list !== undefined) list[at] = attempts.numbers[i] ?? 0;
      counts[segment] = at + 1;
    }
    return lists;
  }
  return {
    add(attempt, segment) {
      attempts.push(attempt);
      segmentsOfAttempts.push(segment);
      // As much again to part them by segment.
      const own = attempts.byteCount + segmentsOfAttempts.byteCount;
      budget.hold(holder, own + 4 * attempts.length + segments.byteCount);
    },
    answer() {
      const lists = bySegment();
      const ranked = Array.from(lists, (list, segment) => {
        return { segment, by: segments.valuesOf(segment), range: list.length };
      })
        .filter(({ range }) => range > 0)
        .sort(compareSegments);
      const limit = plan.parsed.limit;
      const answer: NonNullable<FunnelAnswer["segments"]> = ranked
        .slice(0, limit)
        .map(({ segment, by }) => ({ by, steps: answerSteps(plan, table, lists[segment] ?? []) }));
      const rest = ranked.slice(limit).map(({ segment }) => lists[segment] ?? new Uint32Array(0));
      if (rest.length > 0) {
        const others = othersOf(plan, table, rest);
        answer.push({ by: [], other: true, steps: answerSteps(plan, table, others) });
      }
      return answer;
    },
  };
}

/** Attempts of any of the lists, each once; where users are counted, the first one of each. */
function othersOf(
  plan: FunnelPlan,
  table: AttemptTable,
  lists: readonly Uint32Array[],
): Uint32Array {
  const all = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const list of lists) {
    all.set(list, end);
    end += list.length;
  }
  all.sort();
  const isTotals = plan.parsed.count === "totals";
  let last = -1;
  return all.filter((attempt) => {
    const who = isTotals ? attempt : table.userOf(attempt);
    const isNew = who !== last;
    last = who;
    return isNew;
  });
}
