import type { ScanBatch, TextCodes } from "@shale/scan";
import type { MemoryBudget } from "./memory-budget.ts";
import type { PairTable } from "./pair-table.ts";
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
  /** Makes ready for a batch. @throws {ShaleError} MEMORY_EXCEEDED */
  begin(batch: ScanBatch, slotCount: number): SlotMarkPlaces;
}
export interface SlotMarkPlaces {
  readonly nobody: number;
  /** marks[slot * stride + user] for every user and slot, 0 = none; undefined: only for pairs. */
  readonly dense: { readonly marks: Uint32Array; readonly stride: number } | undefined;
  /** Leaves a mark, above 0, for a pair, and gives back the one before: 0 = none. */
  leave(user: number, slot: number, mark: number): number;
}

/** One mark for each user and slot, up to 16 MB; beyond it only for pairs that are met. */
const DENSE_COUNT_MAX = 2 ** 22;

export function createSlotMarks(budget: MemoryBudget): SlotMarks {
  const holder = {};
  let users: TextCodes | undefined;
  let nobody = -1;
  let userCount = 0;
  let slotCount = 0;
  let marks = new Uint32Array(0);
  let pairs: PairTable | undefined;

  function beginShard(): void {
    pairs = undefined;
    userCount = 0;
    slotCount = 0;
    marks = new Uint32Array(0);
  }
  /** Room for every user and slot, or for pairs: what was marked keeps its mark. */
  function grow(wantedUsers: number, wantedSlots: number): void {
    const [nextUsers, nextSlots] = [
      Math.max(wantedUsers, userCount),
      Math.max(wantedSlots, slotCount),
    ];
    const count = nextUsers * nextSlots;
    const isDense = count <= DENSE_COUNT_MAX;
    const next = isDense ? undefined : createPairTable();
    let target = new Uint32Array(isDense ? count : PAIRS_AT_FIRST);
    budget.hold(holder, 4 * target.length + (next?.byteCount ?? 0));
    for (let place = 0; place < marks.length; place++) {
      const mark = marks[place] ?? 0;
      if (mark === 0) continue;
      const slot = Math.floor(place / userCount);
      const user = place - slot * userCount;
      const at = next === undefined ? slot * nextUsers + user : next.indexOf(user, slot);
      if (at >= target.length) target = doubled(target);
      target[at] = mark;
    }
    [userCount, slotCount, marks, pairs] = [nextUsers, nextSlots, target, next];
  }
  function leave(user: number, slot: number, mark: number): number {
    const place = pairs === undefined ? slot * userCount + user : pairs.indexOf(user, slot);
    if (place >= marks.length) marks = doubled(marks);
    const before = marks[place] ?? 0;
    marks[place] = mark;
    return before;
  }
  return {
    begin(batch, wantedSlots) {
      if (users !== batch.users) beginShard();
      users = batch.users;
      nobody = nobodyIn(batch.users);
      const fits = batch.users.count <= userCount && wantedSlots <= slotCount;
      if (pairs === undefined && !fits) grow(batch.users.count, wantedSlots);
      if (pairs === undefined) return { nobody, dense: { marks, stride: userCount }, leave };
      budget.hold(holder, pairs.byteCount + marks.byteLength);
      return { nobody, dense: undefined, leave };
    },
  };
}

const PAIRS_AT_FIRST = 1024;

function doubled(source: Uint32Array): Uint32Array<ArrayBuffer> {
  const target = new Uint32Array(2 * source.length);
  target.set(source);
  return target;
}
