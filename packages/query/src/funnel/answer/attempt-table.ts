import { growingF64, growingU32 } from "../../rows/growing-columns.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";

/** The attempts of some shards as they travel. */
export interface AttemptColumns {
  /** Numbers users from 0 in the order in which they come. */
  readonly users: Uint32Array;
  /** Twice the number of steps up to the last one that was reached, and 1 more: it is pending. */
  readonly lengths: Uint32Array;
  /** Those of an attempt stand together: when its steps but the first were reached. */
  readonly times: Float64Array;
}

/** Attempts that were found, in order: those of a user stand together. */
export interface Attempts {
  readonly count: number;
  /** Numbers users from 0 in the order in which they come. */
  userOf(attempt: number): number;
  isPending(attempt: number): boolean;
  /** Steps up to the last one that was reached. */
  lengthOf(attempt: number): number;
  /** When a step was reached, in ms since the entry; NaN: not. `step` is below the length. */
  sinceEntryMs(attempt: number, step: number): number;
}

export interface AttemptTable {
  readonly count: number;
  readonly columns: AttemptColumns;
  /** `reachedMs` by step, NaN: not reached. @throws {ShaleError} MEMORY_EXCEEDED */
  add(user: number, reachedMs: Float64Array, isPending: boolean): void;
}

export function createAttemptTable(budget: MemoryBudget): AttemptTable {
  const users = growingU32();
  const lengths = growingU32();
  const times = growingF64();
  const holder = {};
  return {
    get count() {
      return users.length;
    },
    get columns() {
      return {
        users: users.numbers.slice(0, users.length),
        lengths: lengths.numbers.slice(0, lengths.length),
        times: times.numbers.slice(0, times.length),
      };
    },
    add(user, reachedMs, isPending) {
      let length = reachedMs.length;
      while (length > 1 && Number.isNaN(reachedMs[length - 1])) length--;
      users.push(user);
      lengths.push(2 * length + (isPending ? 1 : 0));
      const entryMs = reachedMs[0] ?? 0;
      for (let step = 1; step < length; step++)
        times.push((reachedMs[step] ?? Number.NaN) - entryMs);
      budget.hold(holder, users.byteCount + lengths.byteCount + times.byteCount);
    },
  };
}

/** The attempts of several parts in a row; the users of each are others than those before. */
export function joinAttempts(parts: readonly AttemptColumns[]): Attempts {
  const count = parts.reduce((sum, { users }) => sum + users.length, 0);
  const users = new Uint32Array(count);
  const lengths = new Uint32Array(count);
  /** Where the times of an attempt begin. */
  const starts = new Uint32Array(count);
  const times = new Float64Array(parts.reduce((sum, part) => sum + part.times.length, 0));
  let [attempt, firstUser, start] = [0, 0, 0];
  for (const part of parts) {
    times.set(part.times, start);
    for (let i = 0; i < part.users.length; i++, attempt++) {
      const length = part.lengths[i] ?? 0;
      users[attempt] = firstUser + (part.users[i] ?? 0);
      lengths[attempt] = length;
      starts[attempt] = start;
      start += (length >>> 1) - 1;
    }
    firstUser = attempt === 0 ? 0 : (users[attempt - 1] ?? 0) + 1;
  }
  return {
    count,
    userOf: (at) => users[at] ?? 0,
    isPending: (at) => ((lengths[at] ?? 0) & 1) === 1,
    lengthOf: (at) => (lengths[at] ?? 0) >>> 1,
    sinceEntryMs(at, step) {
      if (step === 0) return 0;
      return times[(starts[at] ?? 0) + step - 1] ?? Number.NaN;
    },
  };
}
