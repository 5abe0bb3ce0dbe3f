import type { MemoryBudget } from "../segmentation/memory-budget.ts";

/** A user in a cohort. */
export interface Birth {
  readonly atMs: number;
  readonly cohort: number;
  readonly slot: number;
  /** The birth event is of the kind that counts as a return. */
  readonly isReturn: boolean;
}

/** Entries by number, from 1 on, in columns. */
export interface EntryPool {
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
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  add(birth: Birth, older: number): number;
  /** Its number may be given out again. */
  remove(entry: number): void;
  clear(): void;
}

const NO_PLACE = 0xffff_ffff;
const ENTRY_BYTES = 8 + 6 * 4;
const CAPACITY_AT_FIRST = 1024;

export function createEntryPool(budget: MemoryBudget): EntryPool {
  const holder = {};
  let births = new Float64Array(CAPACITY_AT_FIRST);
  let columns = columnsOf(CAPACITY_AT_FIRST);
  let count = 0;
  let free = 0;

  function grow(): void {
    const capacity = 2 * births.length;
    budget.hold(holder, ENTRY_BYTES * capacity);
    const grownBirths = new Float64Array(capacity);
    grownBirths.set(births);
    births = grownBirths;
    const grown = columnsOf(capacity);
    grown.cohorts.set(columns.cohorts);
    grown.slots.set(columns.slots);
    grown.olders.set(columns.olders);
    grown.places.set(columns.places);
    grown.occurrences.set(columns.occurrences);
    grown.reached.set(columns.reached);
    columns = grown;
  }
  function nextEntry(): number {
    if (free !== 0) {
      const entry = free;
      free = columns.olders[entry] ?? 0;
      return entry;
    }
    if (count + 1 === births.length) grow();
    return ++count;
  }
  return {
    get births() {
      return births;
    },
    get cohorts() {
      return columns.cohorts;
    },
    get slots() {
      return columns.slots;
    },
    get olders() {
      return columns.olders;
    },
    get places() {
      return columns.places;
    },
    get occurrences() {
      return columns.occurrences;
    },
    get reached() {
      return columns.reached;
    },
    add({ atMs, cohort, slot }, older) {
      const entry = nextEntry();
      births[entry] = atMs;
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

function columnsOf(capacity: number) {
  return {
    cohorts: new Uint32Array(capacity),
    slots: new Uint32Array(capacity),
    olders: new Uint32Array(capacity),
    places: new Uint32Array(capacity),
    occurrences: new Uint32Array(capacity),
    reached: new Uint32Array(capacity),
  };
}
