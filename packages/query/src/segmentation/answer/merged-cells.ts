import type { ParsedMeasure } from "../../parse/segmentation/parsed-measure.ts";
import type { CellAggregate, CellMap } from "../cells/cell-aggregate.ts";
import { CELL_COUNT_MAX, rangeMapOf, strideOf } from "../cells/cell-table.ts";
import { addsUp, createAggregate } from "../measure-rules.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import type { CellsPart } from "../segmentation-part.ts";

/** The numbers of one series by slot, of all shards. Ranges are always there. */
export interface MergedCells {
  readonly measure: ParsedMeasure;
  /** Numbers of intervals are read as those of the range up to their end. */
  readonly cumulative: boolean;
  readonly slotCount: number;
  readonly intervalCount: number;
  readonly stride: number;
  /** False when there were too many slots to keep the numbers of intervals. */
  readonly hasIntervals: boolean;
  readonly present: Uint8Array;
  readonly overlaps: boolean;
  readonly aggregate: CellAggregate;
}

export interface MergeOptions {
  readonly measure: ParsedMeasure;
  readonly cumulative: boolean;
  readonly intervalCount: number;
  readonly slotCount: number;
  /** Slots of the answer: keep every interval, whatever it takes. */
  readonly keepsAll: boolean;
  readonly budget: MemoryBudget;
}

/** A part, and the merged slot of each of its own; undefined: the same. */
export interface PlacedPart {
  readonly part: CellsPart;
  readonly slots: Uint32Array | undefined;
}

export function mergeCells(parts: readonly PlacedPart[], options: MergeOptions): MergedCells {
  const { measure, cumulative, intervalCount, slotCount, keepsAll, budget } = options;
  const full = strideOf(intervalCount);
  const isTooMany = !keepsAll && slotCount * full > CELL_COUNT_MAX;
  const stride = isTooMany || parts.some(({ part }) => part.stride < full) ? 1 : full;
  const aggregate = createAggregate(measure, budget);
  aggregate.reserve(slotCount * stride);
  const present = new Uint8Array(slotCount);
  let overlaps = false;
  for (const { part, slots } of parts) {
    overlaps ||= part.overlaps;
    for (let slot = 0; slot < part.slotCount; slot++) {
      if (part.present[slot] === 1) present[slots?.[slot] ?? slot] = 1;
    }
    for (const targetOf of mapsOf(part, { slots, stride, addsUp: addsUp(measure) })) {
      aggregate.absorb(part.state, targetOf);
    }
  }
  return {
    measure,
    cumulative,
    slotCount,
    intervalCount,
    stride,
    hasIntervals: stride === full,
    present,
    overlaps,
    aggregate,
  };
}

interface Mapping {
  readonly slots: Uint32Array | undefined;
  readonly stride: number;
  readonly addsUp: boolean;
}

/** Where the cells of a part go: to their own place, and where ranges add up to the range too. */
function mapsOf({ stride: own }: CellsPart, { slots, stride, addsUp: adds }: Mapping): CellMap[] {
  const slotOf = (slot: number): number => slots?.[slot] ?? slot;
  if (stride === 1) {
    const toRange = rangeMapOf(own, adds);
    return [
      (cell) => {
        const slot = toRange(cell);
        return slot < 0 ? -1 : slotOf(slot);
      },
    ];
  }
  const same: CellMap = (cell) => {
    const slot = Math.floor(cell / stride);
    return slotOf(slot) * stride + (cell - slot * stride);
  };
  if (!adds) return [same];
  return [same, (cell) => slotOf(Math.floor(cell / stride)) * stride + stride - 1];
}

/** Some slots as one, for measures whose segments add up. */
export function joinSlots(
  cells: MergedCells,
  slots: readonly number[],
  budget: MemoryBudget,
): MergedCells {
  const { measure, stride, slotCount, aggregate } = cells;
  const isIn = new Uint8Array(slotCount);
  for (const slot of slots) isIn[slot] = 1;
  const joined = createAggregate(measure, budget);
  joined.reserve(stride);
  joined.absorb(aggregate.part(slotCount * stride), (cell) => {
    const slot = Math.floor(cell / stride);
    return isIn[slot] === 1 ? cell - slot * stride : -1;
  });
  return { ...cells, slotCount: 1, present: Uint8Array.of(1), aggregate: joined };
}
