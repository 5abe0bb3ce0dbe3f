import type { SegmentValue } from "@shale/model";
import { invariant } from "@shale/model";
import type { PairTable } from "../pair-table.ts";
import { createPairTable } from "../pair-table.ts";
import type { AggregateOptions, CellAggregate, CellMap } from "./cell-aggregate.ts";
import { grownF64 } from "./cell-aggregate.ts";

/** The values that `add` names by number. */
export interface NamedValues {
  readonly count: number;
  valueOf(index: number): SegmentValue;
  /** For values of other parts; absent where none come. */
  indexOf?(value: SegmentValue): number;
}

/** Distinct values by cell. `add(cell, index)` takes the number of a value. */
export function createDistinctCells(
  { budget }: AggregateOptions,
  values: NamedValues,
): CellAggregate {
  const holder = {};
  let pairs = createPairTable();
  let counts = new Float64Array(0);
  function reserve(cellCount: number): void {
    if (cellCount <= counts.length) return;
    counts = grownF64(counts, cellCount);
    budget.hold(holder, counts.byteLength + pairs.byteCount);
  }
  function add(cell: number, index: number): void {
    const { count, byteCount } = pairs;
    if (pairs.indexOf(cell, index) < count) return;
    counts[cell] = (counts[cell] ?? 0) + 1;
    if (pairs.byteCount !== byteCount) budget.hold(holder, counts.byteLength + pairs.byteCount);
  }
  function addAll(source: PairTable, targetOf: CellMap): void {
    for (let i = 0; i < source.count; i++) {
      const target = targetOf(source.firstOf(i));
      if (target >= 0) add(target, source.secondOf(i));
    }
  }
  return {
    reserve,
    add,
    absorb(part, targetOf) {
      invariant(part.kind === "distinct", "distinct values are united with distinct values");
      const indexes = Uint32Array.from(part.values, (value) => values.indexOf?.(value) ?? 0);
      for (let i = 0; i < part.cells.length; i++) {
        const target = targetOf(part.cells[i] ?? 0);
        if (target >= 0) add(target, indexes[part.indexes[i] ?? 0] ?? 0);
      }
    },
    move(targetOf, cellCount) {
      const before = pairs;
      pairs = createPairTable();
      counts = new Float64Array(0);
      reserve(cellCount);
      addAll(before, targetOf);
    },
    part: () => ({
      kind: "distinct",
      cells: Uint32Array.from({ length: pairs.count }, (_, i) => pairs.firstOf(i)),
      indexes: Uint32Array.from({ length: pairs.count }, (_, i) => pairs.secondOf(i)),
      values: Array.from({ length: values.count }, (_, index) => values.valueOf(index)),
    }),
    read: () => (cell) => counts[cell] ?? 0,
  };
}

/** Numbers values as they come: 1, "1" and true are three. */
export function createValueNames(): NamedValues {
  const indexes = new Map<SegmentValue, number>();
  const values: SegmentValue[] = [];
  return {
    get count() {
      return values.length;
    },
    valueOf: (index) => values[index] ?? null,
    indexOf(value) {
      let index = indexes.get(value);
      if (index === undefined) {
        index = values.push(value) - 1;
        indexes.set(value, index);
      }
      return index;
    },
  };
}
