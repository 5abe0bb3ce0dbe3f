import type { ScanBatch, TextCodes } from "@shale/scan";
import type { MemoryBudget } from "./memory-budget.ts";
import { createPairTable } from "./pair-table.ts";

/** The code of "", who is nobody in per-user counts; -1 when no event of the shard lacks a user. */
function nobodyIn(users: TextCodes): number {
  return users.codeOf("");
}

export interface UserMarks {
  /** By user code of the batch's shard: the mark left last, 0 = none. */
  readonly marks: Uint32Array;
  readonly nobody: number;
}

/** A mark for each user of the shard that is being read; begins anew with each shard. */
export function createUserMarks(budget: MemoryBudget): { of(batch: ScanBatch): UserMarks } {
  const holder = {};
  let users: TextCodes | undefined;
  let current: UserMarks = { marks: new Uint32Array(0), nobody: -1 };
  return {
    of(batch) {
      const isSameShard = users === batch.users;
      const { count } = batch.users;
      if (isSameShard && current.marks.length >= count) return current;
      budget.hold(holder, 4 * count);
      const marks = new Uint32Array(count);
      if (isSameShard) marks.set(current.marks);
      users = batch.users;
      current = { marks, nobody: nobodyIn(batch.users) };
      return current;
    },
  };
}

/** A mark for each (user, slot) of the shard that is being read; begins anew with each shard. */
export interface SlotMarks {
  begin(batch: ScanBatch): void;
  /** Leaves a mark, above 0, and gives back the one before: 0 = none. "" is marked already. */
  leave(user: number, slot: number, mark: number): number;
  /** Reports what the marks take by now. @throws {ShaleError} MEMORY_EXCEEDED */
  settle(): void;
}

export function createSlotMarks(budget: MemoryBudget): SlotMarks {
  const holder = {};
  let users: TextCodes | undefined;
  let nobody = -1;
  let pairs = createPairTable();
  let marks = new Uint32Array(0);
  return {
    begin(batch) {
      if (users !== batch.users) {
        pairs = createPairTable();
        marks = new Uint32Array(64);
        users = batch.users;
      }
      nobody = nobodyIn(batch.users);
    },
    leave(user, slot, mark) {
      if (user === nobody) return mark;
      const pair = pairs.indexOf(user, slot);
      if (pair >= marks.length) {
        const grown = new Uint32Array(2 * marks.length);
        grown.set(marks);
        marks = grown;
      }
      const before = marks[pair] ?? 0;
      marks[pair] = mark;
      return before;
    },
    settle: () => budget.hold(holder, pairs.byteCount + marks.byteLength),
  };
}
