import { invariant } from "@shale/model";
import type { AggregateOptions, CellAggregate, CellMap, SumsPart } from "./cell-aggregate.ts";
import { grownF64 } from "./cell-aggregate.ts";
import { createExactSums } from "./exact-sums.ts";

export interface SumCellsOptions extends AggregateOptions {
  readonly result: "sum" | "avg";
}

/** Exact sums and how many numbers they are of: of none the sum is 0, the average null. */
export function createSumCells({ budget, result }: SumCellsOptions): CellAggregate {
  const holder = {};
  const sumHolder = {};
  let counts = new Float64Array(0);
  let sums = createExactSums(budget, sumHolder);

  function reserve(cellCount: number): void {
    sums.reserve(cellCount);
    if (cellCount <= counts.length) return;
    budget.hold(holder, 8 * cellCount);
    counts = grownF64(counts, cellCount);
  }
  function absorb(part: SumsPart, targetOf: CellMap): void {
    for (let cell = 0; cell < part.counts.length; cell++) {
      const count = part.counts[cell] ?? 0;
      const target = count === 0 ? -1 : targetOf(cell);
      if (target >= 0) counts[target] = (counts[target] ?? 0) + count;
    }
    sums.absorb(part, targetOf);
  }
  function partOf(cellCount: number): SumsPart {
    return { kind: "sums", counts: counts.slice(0, cellCount), ...sums.part(cellCount) };
  }
  return {
    reserve,
    add(cell, value) {
      counts[cell] = (counts[cell] ?? 0) + 1;
      sums.add(cell, value);
    },
    absorb(part, targetOf) {
      invariant(part.kind === "sums", "sums are added to sums");
      absorb(part, targetOf);
    },
    move(targetOf, cellCount) {
      const before = partOf(counts.length);
      counts = new Float64Array(0);
      sums = createExactSums(budget, sumHolder);
      reserve(cellCount);
      absorb(before, targetOf);
    },
    part: partOf,
    read: () => (cell) => {
      const count = counts[cell] ?? 0;
      if (count === 0) return result === "sum" ? 0 : null;
      const sum = sums.sumOf(cell);
      return result === "sum" || sum === null ? sum : sum / count;
    },
  };
}
