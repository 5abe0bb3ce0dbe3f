import type { MemoryBudget } from "../segmentation/memory-budget.ts";
import type { Birth } from "./entry-pool.ts";
import { createEntryPool } from "./entry-pool.ts";
import { createHitRule } from "./hit-rule.ts";
import type { RetentionPlan } from "./plan-retention.ts";
import type { RetentionCounts } from "./retention-counts.ts";

/**
 * The users of one shard that are in cohorts and may still return. Events come in the order of
 * each user, so the buckets of an entry rise: it is enough to keep the present one.
 */
export interface OpenEntries {
  /** Forgets the users of the shard before. */
  beginShard(): void;
  /** Makes room for user codes below `count`. @throws {ShaleError} MEMORY_EXCEEDED */
  reserveUsers(count: number): void;
  open(user: number, birth: Birth): void;
  /** A return of the user; `interval` is that of `atMs`, needed by the calendar clock. */
  addReturn(user: number, atMs: number, interval: number): void;
}

export function createOpenEntries(
  plan: RetentionPlan,
  counts: RetentionCounts,
  budget: MemoryBudget,
): OpenEntries {
  const { parsed, unitMs, intervals } = plan;
  const isRolling = parsed.clock === "rolling";
  const holder = {};
  const pool = createEntryPool(budget);
  const addHit = createHitRule(plan, counts, pool);
  /** By user: the newest entry, 0 = none. */
  let heads = new Uint32Array(0);
  /** By user: returns before this change nothing. */
  let quietUntilMs = new Float64Array(0);

  function bucketOf(entry: number, atMs: number, interval: number): number {
    return isRolling
      ? Math.floor((atMs - (pool.columns.births[entry] ?? 0)) / unitMs)
      : interval - (pool.columns.cohorts[entry] ?? 0);
  }
  return {
    beginShard() {
      pool.clear();
      heads = new Uint32Array(0);
      quietUntilMs = new Float64Array(0);
    },
    reserveUsers(count) {
      if (count <= heads.length) return;
      const capacity = Math.max(count, 2 * heads.length);
      budget.hold(holder, 12 * capacity);
      const [oldHeads, oldQuiet] = [heads, quietUntilMs];
      heads = new Uint32Array(capacity);
      heads.set(oldHeads);
      quietUntilMs = new Float64Array(capacity).fill(Number.NEGATIVE_INFINITY, oldQuiet.length);
      quietUntilMs.set(oldQuiet);
    },
    open(user, birth) {
      counts.addUser(birth.slot, birth.cohort);
      const entry = pool.add(birth, heads[user] ?? 0);
      // A streak begins with the birth itself when that is a return, too.
      const isOver = birth.isReturn && parsed.mode === "streak" && !addHit(entry, 0);
      if (isOver) pool.remove(entry);
      else heads[user] = entry;
      quietUntilMs[user] = Number.NEGATIVE_INFINITY;
    },
    addReturn(user, atMs, interval) {
      if ((heads[user] ?? 0) === 0 || atMs < (quietUntilMs[user] ?? 0)) return;
      const { olders } = pool.columns;
      let before = 0;
      let changeMs = Number.POSITIVE_INFINITY;
      for (let entry = heads[user] ?? 0; entry !== 0; ) {
        const older = olders[entry] ?? 0;
        const bucket = bucketOf(entry, atMs, interval);
        if (addHit(entry, bucket)) {
          before = entry;
          const endMs = isRolling
            ? (pool.columns.births[entry] ?? 0) + (bucket + 1) * unitMs
            : (intervals.startsMs[interval + 1] ?? 0);
          if (endMs < changeMs) changeMs = endMs;
        } else {
          if (before === 0) heads[user] = older;
          else olders[before] = older;
          pool.remove(entry);
        }
        entry = older;
      }
      // Where one return is enough, a second one in the same buckets says nothing new.
      if (parsed.minOccurrences === 1) quietUntilMs[user] = changeMs;
    },
  };
}
