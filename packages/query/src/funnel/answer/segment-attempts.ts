import type { FunnelAnswer, SegmentValue } from "@shale/model";
import { growingU32 } from "../../rows/growing-columns.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import { compareSegments } from "../../segmentation/segment-order.ts";
import type { SegmentIndex } from "../../shards/segment-index.ts";
import { createSegmentIndex } from "../../shards/segment-index.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import { answerSteps } from "./answer-steps.ts";
import type { AttemptSegments } from "./attempt-segments.ts";
import type { Attempts } from "./attempt-table.ts";

/** Which attempts count in which segments. */
export interface SegmentAttempts {
  readonly part: SegmentAttemptsPart;
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  add(attempt: number, segment: number): void;
}

/** Place by place an attempt and a segment that it counts in, attempts ascending. */
export interface SegmentAttemptsPart {
  readonly attempts: Uint32Array;
  readonly segments: Uint32Array;
  /** By segment: one value for each key. */
  readonly values: readonly (readonly SegmentValue[])[];
}

export function createSegmentAttempts(
  segments: AttemptSegments,
  budget: MemoryBudget,
): SegmentAttempts {
  const attempts = growingU32();
  const segmentsOfAttempts = growingU32();
  const holder = {};
  return {
    get part() {
      return {
        attempts: attempts.numbers.slice(0, attempts.length),
        segments: segmentsOfAttempts.numbers.slice(0, attempts.length),
        values: Array.from({ length: segments.count }, (_, segment) => segments.valuesOf(segment)),
      };
    },
    add(attempt, segment) {
      attempts.push(attempt);
      segmentsOfAttempts.push(segment);
      // As much again to part them by segment.
      const own = attempts.byteCount + segmentsOfAttempts.byteCount;
      budget.hold(holder, own + 4 * attempts.length + segments.byteCount);
    },
  };
}

/** A part, and how many attempts stand before its own in the attempts of all parts. */
export interface PlacedPart<Part> {
  readonly part: Part;
  readonly firstAttempt: number;
}

export function answerSegments(
  plan: FunnelPlan,
  attempts: Attempts,
  parts: readonly PlacedPart<SegmentAttemptsPart>[],
): NonNullable<FunnelAnswer["segments"]> {
  const index = createSegmentIndex();
  const lists = bySegment(index, parts);
  const ranked = lists
    .map((list, segment) => ({ segment, by: index.valuesOf(segment), range: list.length }))
    .filter(({ range }) => range > 0)
    .sort(compareSegments);
  const { limit } = plan.parsed;
  const answer: NonNullable<FunnelAnswer["segments"]> = ranked
    .slice(0, limit)
    .map(({ segment, by }) => ({
      by: [...by],
      steps: answerSteps(plan, attempts, lists[segment] ?? []),
    }));
  const rest = ranked.slice(limit).map(({ segment }) => lists[segment] ?? new Uint32Array(0));
  if (rest.length > 0) {
    const others = othersOf(plan, attempts, rest);
    answer.push({ by: [], other: true, steps: answerSteps(plan, attempts, others) });
  }
  return answer;
}

/** The attempts of each segment of the index, ascending. */
function bySegment(
  index: SegmentIndex,
  parts: readonly PlacedPart<SegmentAttemptsPart>[],
): Uint32Array[] {
  const numbered = parts.map(({ part }) =>
    Uint32Array.from(part.values, (values) => index.indexOf(values)),
  );
  const counts = new Uint32Array(index.count);
  for (const [i, { part }] of parts.entries()) {
    for (const own of part.segments) {
      const segment = numbered[i]?.[own] ?? 0;
      counts[segment] = (counts[segment] ?? 0) + 1;
    }
  }
  const lists = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (const [i, { part, firstAttempt }] of parts.entries()) {
    for (let place = 0; place < part.segments.length; place++) {
      const segment = numbered[i]?.[part.segments[place] ?? 0] ?? 0;
      const at = counts[segment] ?? 0;
      const list = lists[segment];
      if (list !== undefined) list[at] = firstAttempt + (part.attempts[place] ?? 0);
      counts[segment] = at + 1;
    }
  }
  return lists;
}

/** Attempts of any of the lists, each once; where users are counted, the first one of each. */
export function othersOf(
  plan: FunnelPlan,
  attempts: Attempts,
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
    const who = isTotals ? attempt : attempts.userOf(attempt);
    const isNew = who !== last;
    last = who;
    return isNew;
  });
}
