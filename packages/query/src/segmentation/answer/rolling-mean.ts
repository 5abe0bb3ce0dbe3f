import { createSumCells } from "../cells/sum-cells.ts";
import { createMemoryBudget } from "../memory-budget.ts";

/** The mean of up to `length` numbers that end with each one; null ones are left out. */
export function rollingMean(values: readonly (number | null)[], length: number): (number | null)[] {
  const budget = createMemoryBudget(Number.POSITIVE_INFINITY);
  const means = createSumCells({ budget, result: "avg" });
  means.reserve(values.length);
  for (const [place, value] of values.entries()) {
    if (value === null) continue;
    const end = Math.min(place + length, values.length);
    for (let target = place; target < end; target++) means.add(target, value);
  }
  const read = means.read();
  return values.map((_, place) => read(place));
}
