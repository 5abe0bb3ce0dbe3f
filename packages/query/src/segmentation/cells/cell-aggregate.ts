import type { SegmentValue } from "@shale/model";
import type { MemoryBudget } from "../memory-budget.ts";

/** What one measure has folded, by cell: a cell is a segment, or everything, in one interval. */
export interface CellAggregate {
  /** Makes room for cells 0 to cellCount - 1. @throws {ShaleError} MEMORY_EXCEEDED */
  reserve(cellCount: number): void;
  add(cell: number, value: number): void;
  /** Adds what a part has in each cell to the cell that `targetOf` says; -1: to none. */
  absorb(part: AggregatePart, targetOf: CellMap): void;
  /** Moves what is folded so far to other cells, as `absorb` does; makes room for them. */
  move(targetOf: CellMap, cellCount: number): void;
  /** Cells 0 to cellCount - 1 as plain data. */
  part(cellCount: number): AggregatePart;
  /** The numbers as they stand now: null is the measure of nothing. */
  read(): (cell: number) => number | null;
}

export type CellMap = (cell: number) => number;

/** The states of an aggregate as plain data, which survives structuredClone. */
export type AggregatePart = CountsPart | SumsPart | ExtremesPart | ValuesPart | DistinctPart;

export interface CountsPart {
  readonly kind: "counts";
  readonly counts: Float64Array;
}
/** The sum of a cell is exactly high + low + its spill. */
export interface SumsPart {
  readonly kind: "sums";
  readonly counts: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly spills: readonly { readonly cell: number; readonly limbs: Float64Array }[];
}
export interface ExtremesPart {
  readonly kind: "extremes";
  /** NaN: nothing. */
  readonly extremes: Float64Array;
}
/** Entry i is values[i] in cell cells[i]. */
export interface ValuesPart {
  readonly kind: "values";
  readonly cells: Uint32Array;
  readonly values: Float64Array;
}
/** Entry i is values[indexes[i]] in cell cells[i], each once. */
export interface DistinctPart {
  readonly kind: "distinct";
  readonly cells: Uint32Array;
  readonly indexes: Uint32Array;
  readonly values: readonly SegmentValue[];
}

export interface AggregateOptions {
  readonly budget: MemoryBudget;
}

export function grownF64(source: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const target = new Float64Array(length);
  target.set(source);
  return target;
}
