import type { MemoryBudget } from "../memory-budget.ts";
import type { CellMap, SumsPart } from "./cell-aggregate.ts";
import { grownF64 } from "./cell-aggregate.ts";
import type { SuperAccumulator } from "./super-accumulator.ts";
import { createSuperAccumulator, roundedSum } from "./super-accumulator.ts";

/**
 * Exact sums by cell, rounded once when they are read. A sum is kept as `high` and what its
 * roundings lost, `low`; what `low` loses, rarely anything, is spilt into an accumulator that holds
 * any sum. So no order of additions shows.
 */
export interface ExactSums {
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  reserve(cellCount: number): void;
  add(cell: number, value: number): void;
  /** Adds the sums of a part to the cells that `targetOf` says; -1: to none. */
  absorb(part: SumsState, targetOf: CellMap): void;
  part(cellCount: number): SumsState;
  /** The double nearest to the sum; null beyond the largest one. */
  sumOf(cell: number): number | null;
}
export type SumsState = Pick<SumsPart, "high" | "low" | "spills">;

/** Numbers of this size and more are spilt, so that `high` never overflows. */
const HUGE = 2 ** 960;
const SPILL_BYTES = 700;

export function createExactSums(budget: MemoryBudget, holder: object): ExactSums {
  let high = new Float64Array(0);
  let low = new Float64Array(0);
  const spills = new Map<number, SuperAccumulator>();
  function hold(cellCount: number): void {
    budget.hold(holder, 16 * cellCount + SPILL_BYTES * spills.size);
  }
  function spillOf(cell: number): SuperAccumulator {
    let spill = spills.get(cell);
    if (spill === undefined) {
      spill = createSuperAccumulator();
      spills.set(cell, spill);
      hold(high.length);
    }
    return spill;
  }
  function add(cell: number, value: number): void {
    if (value >= HUGE || value <= -HUGE) {
      spillOf(cell).add(value);
      return;
    }
    // Knuth's two-sum: `lost` is exactly what the rounding of `sum` lost.
    const before = high[cell] ?? 0;
    const sum = before + value;
    const part = sum - before;
    const lost = before - (sum - part) + (value - part);
    high[cell] = sum;
    if (lost === 0) return;
    const lowBefore = low[cell] ?? 0;
    const lowSum = lowBefore + lost;
    const lowPart = lowSum - lowBefore;
    const lowLost = lowBefore - (lowSum - lowPart) + (lost - lowPart);
    low[cell] = lowSum;
    if (lowLost !== 0) spillOf(cell).add(lowLost);
  }
  return {
    reserve(cellCount) {
      if (cellCount <= high.length) return;
      hold(cellCount);
      high = grownF64(high, cellCount);
      low = grownF64(low, cellCount);
    },
    add,
    absorb(part, targetOf) {
      for (let cell = 0; cell < part.high.length; cell++) {
        const [top, rest] = [part.high[cell] ?? 0, part.low[cell] ?? 0];
        if (top === 0 && rest === 0) continue;
        const target = targetOf(cell);
        if (target >= 0) for (const value of [top, rest]) add(target, value);
      }
      for (const { cell, limbs } of part.spills) {
        const target = targetOf(cell);
        if (target >= 0) spillOf(target).addLimbs(limbs);
      }
    },
    part: (cellCount) => ({
      high: high.slice(0, cellCount),
      low: low.slice(0, cellCount),
      spills: Array.from(spills, ([cell, spill]) => ({ cell, limbs: spill.limbs() })),
    }),
    sumOf(cell) {
      const [top, rest] = [high[cell] ?? 0, low[cell] ?? 0];
      const spill = spills.get(cell);
      // One rounding of the exact sum of two; -0 is 0.
      return spill === undefined ? top + rest + 0 : sumWithSpill(spill, top, rest);
    },
  };
}

function sumWithSpill(spill: SuperAccumulator, high: number, low: number): number | null {
  const whole = createSuperAccumulator();
  whole.addLimbs(spill.limbs());
  whole.add(high);
  whole.add(low);
  const sum = roundedSum(whole.limbs()) + 0;
  return Number.isFinite(sum) ? sum : null;
}
