import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import { growingF64, growingU32 } from "../rows/growing-columns.ts";

/** Attempts that were found, in order: those of a user stand together. */
export interface AttemptTable {
  readonly count: number;
  /** Numbers users from 0 in the order in which they come. */
  userOf(attempt: number): number;
  isPending(attempt: number): boolean;
  /** Steps up to the last one that was reached. */
  lengthOf(attempt: number): number;
  /** When a step was reached, in ms since the entry; NaN: not. `step` is below the length. */
  sinceEntryMs(attempt: number, step: number): number;
  /** `reachedMs` by step, NaN: not reached. @throws {ShaleError} MEMORY_EXCEEDED */
  add(user: number, reachedMs: Float64Array, isPending: boolean): void;
}

export function createAttemptTable(budget: MemoryBudget): AttemptTable {
  const users = growingU32();
  /** Length, with the lowest bit for pending. */
  const lengths = growingU32();
  /** Where the times of an attempt begin: those of all steps but the first. */
  const starts = growingU32();
  const times = growingF64();
  const columns = [users, lengths, starts, times];
  const holder = {};
  return {
    get count() {
      return users.length;
    },
    userOf: (attempt) => users.numbers[attempt] ?? 0,
    isPending: (attempt) => ((lengths.numbers[attempt] ?? 0) & 1) === 1,
    lengthOf: (attempt) => (lengths.numbers[attempt] ?? 0) >>> 1,
    sinceEntryMs(attempt, step) {
      if (step === 0) return 0;
      return times.numbers[(starts.numbers[attempt] ?? 0) + step - 1] ?? Number.NaN;
    },
    add(user, reachedMs, isPending) {
      let length = reachedMs.length;
      while (length > 1 && Number.isNaN(reachedMs[length - 1])) length--;
      users.push(user);
      lengths.push(2 * length + (isPending ? 1 : 0));
      starts.push(times.length);
      const entryMs = reachedMs[0] ?? 0;
      for (let step = 1; step < length; step++)
        times.push((reachedMs[step] ?? Number.NaN) - entryMs);
      budget.hold(
        holder,
        columns.reduce((sum, { byteCount }) => sum + byteCount, 0),
      );
    },
  };
}
