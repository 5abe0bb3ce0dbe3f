import { unreachable } from "@shale/model";
import type { EntryPool } from "./entry-pool.ts";
import type { RetentionPlan } from "./plan-retention.ts";
import type { RetentionCounts } from "./retention-counts.ts";

/** Counts a return in a bucket of an entry. False when no later one can count for it. */
export type HitRule = (entry: number, bucket: number) => boolean;

export function createHitRule(
  plan: RetentionPlan,
  counts: RetentionCounts,
  pool: EntryPool,
): HitRule {
  const { mode, minOccurrences } = plan.parsed;
  const { count, lastBucket, bracketOf, begunAt, lasts } = plan.brackets;

  /** Counts the entry in the brackets [begin, end). */
  function countIn(entry: number, begin: number, end: number): void {
    const slot = pool.columns.slots[entry] ?? 0;
    const cohort = pool.columns.cohorts[entry] ?? 0;
    for (let bracket = begin; bracket < end; bracket++) counts.addReturned(slot, cohort, bracket);
  }
  /** Brackets that begin at a bucket or before. */
  function begunBy(bucket: number): number {
    return bucket > lastBucket ? count : (begunAt[bucket] ?? 0);
  }
  function take(entry: number, bucket: number, bracket: number): boolean {
    const { reached } = pool.columns;
    switch (mode) {
      case "on":
        if (bracket >= 0) countIn(entry, bracket, bracket + 1);
        return bracket !== count - 1;
      case "onOrAfter": {
        const begun = begunBy(bucket);
        countIn(entry, reached[entry] ?? 0, begun);
        reached[entry] = begun;
        return begun < count;
      }
      case "onOrBefore":
        countIn(entry, bracket >= 0 ? bracket : begunBy(bucket), count);
        return false;
      case "streak":
        if (bracket !== reached[entry]) return true;
        countIn(entry, bracket, bracket + 1);
        reached[entry] = bracket + 1;
        return bracket + 1 < count;
      default:
        return unreachable(mode);
    }
  }
  return (entry, bucket) => {
    const { columns } = pool;
    if (bucket > lastBucket && mode !== "onOrAfter") return false;
    // The bracket that the streak needs next has passed.
    if (mode === "streak" && bucket > (lasts[columns.reached[entry] ?? 0] ?? 0)) return false;
    const bracket = bucket > lastBucket ? -1 : (bracketOf[bucket] ?? -1);
    // Buckets of a bracket are one; others stand for themselves.
    const place = bracket >= 0 ? bracket : count + bucket;
    if (columns.places[entry] !== place) {
      columns.places[entry] = place;
      columns.occurrences[entry] = 0;
    }
    const occurrences = (columns.occurrences[entry] ?? 0) + 1;
    columns.occurrences[entry] = occurrences;
    return occurrences !== minOccurrences || take(entry, bucket, bracket);
  };
}
