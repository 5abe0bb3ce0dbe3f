import { isRunningSum } from "../measure-rules.ts";
import type { MergedCells } from "./merged-cells.ts";

/** The numbers of one segment, or of everything. */
export interface Numbers {
  readonly values: (number | null)[];
  readonly range: number | null;
}

/** Reads the numbers of slots as they stand now. */
export function readerOf(cells: MergedCells): (slot: number) => Numbers {
  const { measure, intervalCount, stride, aggregate } = cells;
  const read = aggregate.read();
  return (slot) => {
    const first = slot * stride;
    const range = read(first + stride - 1);
    if (stride === 1) return { values: new Array(intervalCount).fill(range), range };
    const values = Array.from({ length: intervalCount }, (_, interval) => read(first + interval));
    return { values: isRunningSum(measure) ? runningSum(values) : values, range };
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
