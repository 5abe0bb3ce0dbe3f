import { growingF64 } from "../../rows/growing-columns.ts";
import type { PairTable } from "../../segmentation/pair-table.ts";
import { createPairTable } from "../../segmentation/pair-table.ts";

/** Pairs of codes by number, each with numbers that add up. */
export interface CountedPairs {
  readonly count: number;
  readonly byteCount: number;
  /** The number of a pair, with zeros when it is new. */
  indexOf(first: number, second: number): number;
  firstOf: PairTable["firstOf"];
  secondOf: PairTable["secondOf"];
  add(index: number, measure: number, value: number): void;
  valueOf(index: number, measure: number): number;
  firsts(): Uint32Array;
  seconds(): Uint32Array;
  values(measure: number): Float64Array;
}

export function createCountedPairs(measureCount: number): CountedPairs {
  const pairs = createPairTable();
  const columns = Array.from({ length: measureCount }, growingF64);
  function listOf(codeOf: (index: number) => number): Uint32Array {
    const list = new Uint32Array(pairs.count);
    for (let index = 0; index < list.length; index++) list[index] = codeOf(index);
    return list;
  }
  return {
    get count() {
      return pairs.count;
    },
    get byteCount() {
      return columns.reduce((sum, { byteCount }) => sum + byteCount, pairs.byteCount);
    },
    indexOf(first, second) {
      const index = pairs.indexOf(first, second);
      for (const column of columns) if (index === column.length) column.push(0);
      return index;
    },
    firstOf: pairs.firstOf,
    secondOf: pairs.secondOf,
    add(index, measure, value) {
      const numbers = columns[measure]?.numbers;
      if (numbers !== undefined) numbers[index] = (numbers[index] ?? 0) + value;
    },
    valueOf: (index, measure) => columns[measure]?.numbers[index] ?? 0,
    firsts: () => listOf(pairs.firstOf),
    seconds: () => listOf(pairs.secondOf),
    values: (measure) => columns[measure]?.numbers.slice(0, pairs.count) ?? new Float64Array(0),
  };
}
