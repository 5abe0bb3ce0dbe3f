import type { ParsedRetention } from "../parse/parsed-query.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";

/** Says which of a user's events bring the user into a cohort. */
export interface BirthRule {
  /** Forgets the users of the shard before. */
  beginShard(): void;
  /** Makes room for user codes below `count`. @throws {ShaleError} MEMORY_EXCEEDED */
  reserveUsers(count: number): void;
  /**
   * Whether the next of the user's events, in order, may be a birth: the first of its interval, of
   * the range, or of all. Only one in the range is.
   */
  isNext(user: number, interval: number, isInRange: boolean): boolean;
}

export function createBirthRule({ cohort }: ParsedRetention, budget: MemoryBudget): BirthRule {
  const holder = {};
  const isPerInterval = cohort === "perInterval";
  const looksBack = cohort === "firstEver" || cohort === "firstMatching";
  /** By user: 0 at first, then 1 + the interval of the last birth, or 1. */
  let marks = new Uint32Array(0);
  return {
    beginShard() {
      marks = new Uint32Array(0);
    },
    reserveUsers(count) {
      if (count <= marks.length) return;
      const capacity = Math.max(count, 2 * marks.length);
      budget.hold(holder, 4 * capacity);
      const grown = new Uint32Array(capacity);
      grown.set(marks);
      marks = grown;
    },
    isNext(user, interval, isInRange) {
      if (!isInRange && !looksBack) return false;
      const mark = isPerInterval ? interval + 1 : 1;
      if (marks[user] === mark) return false;
      marks[user] = mark;
      return true;
    },
  };
}
