import { invariant } from "@shale/model";
import type { AggregateOptions, CellAggregate, CellMap } from "./cell-aggregate.ts";
import { grownF64 } from "./cell-aggregate.ts";

/** Whole numbers that add up: events, users, sessions, or differences of them. */
export interface CountCells extends CellAggregate {
  /** By cell, for counting loops. Another array after `reserve` and `move`. */
  readonly counts: Float64Array;
}

export function createCountCells({ budget }: AggregateOptions): CountCells {
  const holder = {};
  let counts = new Float64Array(0);
  function reserve(cellCount: number): void {
    if (cellCount <= counts.length) return;
    budget.hold(holder, 8 * cellCount);
    counts = grownF64(counts, cellCount);
  }
  function addAll(source: Float64Array, targetOf: CellMap): void {
    for (let cell = 0; cell < source.length; cell++) {
      const count = source[cell] ?? 0;
      const target = count === 0 ? -1 : targetOf(cell);
      if (target >= 0) counts[target] = (counts[target] ?? 0) + count;
    }
  }
  return {
    get counts() {
      return counts;
    },
    reserve,
    add(cell, value) {
      counts[cell] = (counts[cell] ?? 0) + value;
    },
    absorb(part, targetOf) {
      invariant(part.kind === "counts", "counts are added to counts");
      addAll(part.counts, targetOf);
    },
    move(targetOf, cellCount) {
      const before = counts;
      counts = new Float64Array(0);
      reserve(cellCount);
      addAll(before, targetOf);
    },
    part: (cellCount) => ({ kind: "counts", counts: counts.slice(0, cellCount) }),
    read: () => (cell) => counts[cell] ?? 0,
  };
}
