import { invariant } from "@shale/model";
import type { PropertyColumn } from "./event-batch.ts";
import { createTextTableBuilder } from "./text-table-builder.ts";

/** Collects one property in one kind. Rows ascend, with at most one value a row. */
export interface PropertyColumnBuilder<Value> {
  set(row: number, value: Value): void;
  build(rowCount: number): PropertyColumn;
}

/** A column is dense when one row in this many has a value: a sparse slot takes 4 bytes more. */
const DENSE_ONE_IN = 8;
const SLOTS_AT_FIRST = 8;

type Slots = Uint32Array | Float64Array | Uint8Array;

interface Placed<S extends Slots> {
  readonly rows: Uint32Array | undefined;
  readonly slots: S;
}

function createSlotList<S extends Slots>(make: (length: number) => S) {
  let rows = new Uint32Array(SLOTS_AT_FIRST);
  let slots = make(SLOTS_AT_FIRST);
  let count = 0;
  let rowBefore = -1;

  function grow(): void {
    const grownRows = new Uint32Array(count * 2);
    grownRows.set(rows);
    rows = grownRows;
    const grownSlots = make(count * 2);
    grownSlots.set(slots);
    slots = grownSlots;
  }
  function push(row: number, slot: number): void {
    invariant(row > rowBefore, "a row is started, and has one value of a name and kind");
    rowBefore = row;
    if (count === rows.length) grow();
    rows[count] = row;
    slots[count] = slot;
    count++;
  }
  function place(rowCount: number, absent: number): Placed<S> {
    if (count * DENSE_ONE_IN < rowCount) {
      const tight = make(count);
      tight.set(slots.subarray(0, count));
      return { rows: rows.slice(0, count), slots: tight };
    }
    const dense = make(rowCount);
    if (absent !== 0) dense.fill(absent);
    for (let index = 0; index < count; index++) dense[rows[index] ?? 0] = slots[index] ?? absent;
    return { rows: undefined, slots: dense };
  }
  return { push, place };
}

export function createTextColumnBuilder(
  name: string,
  kind: "string" | "list",
): PropertyColumnBuilder<string> {
  const list = createSlotList((length) => new Uint32Array(length));
  const texts = createTextTableBuilder();
  return {
    set: (row, value) => list.push(row, texts.intern(value) + 1),
    build(rowCount) {
      const { rows, slots } = list.place(rowCount, 0);
      return { kind, name, rows, codes: slots, values: texts.build() };
    },
  };
}

export function createNumberColumnBuilder(name: string): PropertyColumnBuilder<number> {
  const list = createSlotList((length) => new Float64Array(length));
  return {
    set(row, value) {
      invariant(Number.isFinite(value), "a stored number is finite");
      list.push(row, value === 0 ? 0 : value); // -0 is stored as 0.
    },
    build(rowCount) {
      const { rows, slots } = list.place(rowCount, Number.NaN);
      return { kind: "number", name, rows, values: slots };
    },
  };
}

export function createBooleanColumnBuilder(name: string): PropertyColumnBuilder<boolean> {
  const list = createSlotList((length) => new Uint8Array(length));
  return {
    set: (row, value) => list.push(row, value ? 2 : 1),
    build(rowCount) {
      const { rows, slots } = list.place(rowCount, 0);
      return { kind: "boolean", name, rows, values: slots };
    },
  };
}
