import type { MemoryBudget } from "../segmentation/memory-budget.ts";

/** A user in a cohort. */
export interface Birth {
  readonly atMs: number;
  readonly cohort: number;
  readonly slot: number;
  /** The birth event is of the kind that counts as a return. */
  readonly isReturn: boolean;
}

/** Entries by number, from 1 on. */
export interface EntryPool {
  /** Other arrays after `add`. */
  readonly columns: EntryColumns;
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  add(birth: Birth, older: number): number;
  /** Its number may be given out again. */
  remove(entry: number): void;
  clear(): void;
}
export interface EntryColumns {
  /** Instant of the birth. */
  readonly births: Float64Array;
  readonly cohorts: Uint32Array;
  readonly slots: Uint32Array;
  /** The user's entry before this one, 0 = none. */
  readonly olders: Uint32Array;
  /** The bracket or bucket of the last return. */
  readonly places: Uint32Array;
  /** Returns in that place so far. */
  readonly occurrences: Uint32Array;
  /** Brackets from the first on that are counted or, for a streak, passed; 0 at first. */
  readonly reached: Uint32Array;
}

const NO_PLACE = 0xffff_ffff;
const ENTRY_BYTES = 8 + 6 * 4;
const CAPACITY_AT_FIRST = 1024;

export function createEntryPool(budget: MemoryBudget): EntryPool {
  const holder = {};
  let columns = columnsOf(CAPACITY_AT_FIRST);
  let count = 0;
  let free = 0;

  function nextEntry(): number {
    if (free !== 0) {
      const entry = free;
      free = columns.olders[entry] ?? 0;
      return entry;
    }
    const capacity = columns.births.length;
    if (count + 1 === capacity) {
      budget.hold(holder, ENTRY_BYTES * 2 * capacity);
      columns = columnsOf(2 * capacity, columns);
    }
    return ++count;
  }
  return {
    get columns() {
      return columns;
    },
    add({ atMs, cohort, slot }, older) {
      const entry = nextEntry();
      columns.births[entry] = atMs;
      columns.cohorts[entry] = cohort;
      columns.slots[entry] = slot;
      columns.olders[entry] = older;
      columns.places[entry] = NO_PLACE;
      columns.occurrences[entry] = 0;
      columns.reached[entry] = 0;
      return entry;
    },
    remove(entry) {
      columns.olders[entry] = free;
      free = entry;
    },
    clear() {
      count = 0;
      free = 0;
    },
  };
}

function columnsOf(capacity: number, before?: EntryColumns): EntryColumns {
  function grown(column: Uint32Array | undefined): Uint32Array {
    const target = new Uint32Array(capacity);
    if (column !== undefined) target.set(column);
    return target;
  }
  const births = new Float64Array(capacity);
  if (before !== undefined) births.set(before.births);
  return {
    births,
    cohorts: grown(before?.cohorts),
    slots: grown(before?.slots),
    olders: grown(before?.olders),
    places: grown(before?.places),
    occurrences: grown(before?.occurrences),
    reached: grown(before?.reached),
  };
}
