import { invariant } from "@shale/model";
import type { AggregateOptions, CellAggregate, CellMap } from "./cell-aggregate.ts";

/** The least or the greatest number of each cell. */
export function createExtremeCells(
  { budget }: AggregateOptions,
  which: "min" | "max",
): CellAggregate {
  const holder = {};
  const sign = which === "max" ? 1 : -1;
  let extremes = new Float64Array(0);
  function reserve(cellCount: number): void {
    if (cellCount <= extremes.length) return;
    budget.hold(holder, 8 * cellCount);
    const grown = new Float64Array(cellCount).fill(Number.NaN);
    grown.set(extremes);
    extremes = grown;
  }
  function add(cell: number, value: number): void {
    const before = extremes[cell] ?? Number.NaN;
    if (!(sign * value <= sign * before)) extremes[cell] = value; // Also in place of NaN.
  }
  function addAll(source: Float64Array, targetOf: CellMap): void {
    for (let cell = 0; cell < source.length; cell++) {
      const value = source[cell] ?? Number.NaN;
      const target = Number.isNaN(value) ? -1 : targetOf(cell);
      if (target >= 0) add(target, value);
    }
  }
  return {
    reserve,
    add,
    absorb(part, targetOf) {
      invariant(part.kind === "extremes", "extremes are compared with extremes");
      addAll(part.extremes, targetOf);
    },
    move(targetOf, cellCount) {
      const before = extremes;
      extremes = new Float64Array(0);
      reserve(cellCount);
      addAll(before, targetOf);
    },
    part: (cellCount) => ({ kind: "extremes", extremes: extremes.slice(0, cellCount) }),
    read: () => (cell) => {
      const value = extremes[cell] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    },
  };
}
