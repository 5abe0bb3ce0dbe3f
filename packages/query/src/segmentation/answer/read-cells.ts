import type { SumsPart } from "../cells/cell-aggregate.ts";
import { createExactSums } from "../cells/exact-sums.ts";
import { isRunningSum } from "../measure-rules.ts";
import { createMemoryBudget } from "../memory-budget.ts";
import type { MergedCells } from "./merged-cells.ts";

/** The numbers of one segment, or of everything. */
export interface Numbers {
  readonly values: (number | null)[];
  readonly range: number | null;
}

/** Reads the numbers of slots as they stand now. */
export function readerOf(cells: MergedCells): (slot: number) => Numbers {
  const { measure, cumulative, intervalCount, stride, slotCount, aggregate } = cells;
  const read = aggregate.read();
  const part = cumulative ? aggregate.part(slotCount * stride) : undefined;
  const runningSumsOf = part?.kind === "sums" ? exactRunningSums(part) : undefined;
  return (slot) => {
    const first = slot * stride;
    const range = read(first + stride - 1);
    if (stride === 1) return { values: new Array(intervalCount).fill(range), range };
    if (runningSumsOf !== undefined) return { values: runningSumsOf(first, intervalCount), range };
    const values = Array.from({ length: intervalCount }, (_, interval) => read(first + interval));
    return { values: cumulative || isRunningSum(measure) ? runningSum(values) : values, range };
  };
}

/** Of exact sums, each rounded by itself. */
function exactRunningSums({ high, low, spills }: SumsPart) {
  const spillOf = new Map(spills.map(({ cell, limbs }) => [cell, limbs]));
  const none = new Float64Array(0);
  return (first: number, count: number): (number | null)[] => {
    const sums = createExactSums(createMemoryBudget(Number.POSITIVE_INFINITY), {});
    sums.reserve(1);
    return Array.from({ length: count }, (_, interval) => {
      sums.add(0, high[first + interval] ?? 0);
      sums.add(0, low[first + interval] ?? 0);
      const limbs = spillOf.get(first + interval);
      const spilt = limbs === undefined ? [] : [{ cell: 0, limbs }];
      sums.absorb({ high: none, low: none, spills: spilt }, () => 0);
      return sums.sumOf(0);
    });
  };
}

/** Reads the numbers of slots over the whole range. */
export function rangesOf({ stride, aggregate }: MergedCells): (slot: number) => number | null {
  const read = aggregate.read();
  return (slot) => read(slot * stride + stride - 1);
}

/** Of whole numbers, so exact. */
export function runningSum(values: readonly (number | null)[]): number[] {
  let sum = 0;
  return values.map((value) => {
    sum += value ?? 0;
    return sum;
  });
}
