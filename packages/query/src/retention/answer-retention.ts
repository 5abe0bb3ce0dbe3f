import type { RetentionAnswer, RetentionBucket, RetentionCohort, Segment } from "@shale/model";
import type { ParsedRetention } from "../parse/parsed-query.ts";
import type { RankedSegment } from "../segmentation/segment-order.ts";
import { compareSegments } from "../segmentation/segment-order.ts";
import type { RetentionPlan } from "./plan-retention.ts";
import { planRetention } from "./plan-retention.ts";
import type { MergedRetention, RetentionPart } from "./retention-part.ts";
import { mergeRetention } from "./retention-part.ts";

interface CohortTable {
  readonly cohorts: RetentionCohort[];
  readonly average: { rate: number | null }[];
}

/** Each user of a cohort is in one slot, so slots add up to the whole and to any set of segments. */
export function answerRetention(
  parsed: ParsedRetention,
  asOfMs: number,
  parts: readonly RetentionPart[],
): Omit<RetentionAnswer, "meta"> {
  const plan = planRetention(parsed, asOfMs);
  const bracketCount = plan.brackets.count;
  const counts = mergeRetention(parts, { cohortCount: plan.cohortCount, bracketCount });
  const { mode, clock, brackets } = plan.parsed;
  const all = Array.from({ length: counts.slotCount }, (_, slot) => slot);
  return {
    kind: "retention",
    mode,
    clock,
    brackets: brackets.map(([first, last]) => [first, last]),
    ...tableOf(plan, counts, all),
    ...(parsed.by === undefined ? {} : { segments: segmentsOf(plan, counts) }),
  };
}

/** The greatest segments by users over all cohorts, and the rest as one more. */
function segmentsOf(plan: RetentionPlan, counts: MergedRetention): (Segment & CohortTable)[] {
  const slotsBySegment = new Map<number, number[]>();
  for (let slot = 0; slot < counts.slotCount; slot++) {
    for (const segment of counts.segmentsOf(slot)) {
      const slots = slotsBySegment.get(segment);
      if (slots === undefined) slotsBySegment.set(segment, [slot]);
      else slots.push(slot);
    }
  }
  const ranked: RankedSegment[] = [];
  for (const [segment, slots] of slotsBySegment) {
    ranked.push({ segment, by: counts.valuesOf(segment), range: usersOf(plan, counts, slots) });
  }
  ranked.sort(compareSegments);
  const slotsOf = ({ segment }: RankedSegment): readonly number[] =>
    slotsBySegment.get(segment) ?? [];
  const { limit } = plan.parsed;
  const segments: (Segment & CohortTable)[] = ranked
    .slice(0, limit)
    .map((one) => ({ by: [...one.by], ...tableOf(plan, counts, slotsOf(one)) }));
  // A user with two of the other values is in it once.
  const others = new Set(ranked.slice(limit).flatMap(slotsOf));
  if (others.size > 0)
    segments.push({ by: [], other: true, ...tableOf(plan, counts, [...others]) });
  return segments;
}

function usersOf(plan: RetentionPlan, counts: MergedRetention, slots: readonly number[]): number {
  let users = 0;
  for (const slot of slots) {
    for (let cohort = 0; cohort < plan.cohortCount; cohort++) users += counts.sizeOf(slot, cohort);
  }
  return users;
}

function tableOf(
  plan: RetentionPlan,
  counts: MergedRetention,
  slots: readonly number[],
): CohortTable {
  const cohorts: RetentionCohort[] = [];
  for (let cohort = 0; cohort < plan.cohortCount; cohort++) {
    const size = sum(slots, (slot) => counts.sizeOf(slot, cohort));
    const buckets: RetentionBucket[] = [];
    for (let bracket = 0; bracket < plan.brackets.count; bracket++) {
      const count = sum(slots, (slot) => counts.returnedOf(slot, cohort, bracket));
      const rate = size === 0 ? null : count / size;
      buckets.push({ count, rate, complete: plan.isComplete(cohort, bracket) });
    }
    cohorts.push({ interval: plan.intervals.labels[cohort] ?? "", size, buckets });
  }
  return { cohorts, average: averageOf(plan, cohorts) };
}

function sum(slots: readonly number[], numberOf: (slot: number) => number): number {
  let total = 0;
  for (const slot of slots) total += numberOf(slot);
  return total;
}

/** By bracket, over the cohorts whose cell is complete. */
function averageOf(
  { parsed, brackets }: RetentionPlan,
  cohorts: readonly RetentionCohort[],
): { rate: number | null }[] {
  return Array.from({ length: brackets.count }, (_, bracket) => {
    let [users, returned, rates, rateCount] = [0, 0, 0, 0];
    for (const { size, buckets } of cohorts) {
      const cell = buckets[bracket];
      if (cell === undefined || !cell.complete || cell.rate === null) continue;
      users += size;
      returned += cell.count;
      rates += cell.rate;
      rateCount++;
    }
    if (users === 0) return { rate: null };
    return { rate: parsed.average === "pooled" ? returned / users : rates / rateCount };
  });
}
