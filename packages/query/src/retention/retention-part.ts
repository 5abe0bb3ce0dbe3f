import type { SegmentValue } from "@shale/model";
import type { SegmentSpace } from "../segmentation/segment-space.ts";
import { createSegmentIndex, membersOfCell } from "../shards/segment-index.ts";
import type { RetentionCounts } from "./retention-counts.ts";

/** The users of some shards. A slot is a set of segments: that of users with the same values. */
export interface RetentionPart {
  /** The segments of each slot. */
  readonly slots: readonly Uint32Array[];
  /** Values of the segments, one for each key of the breakdown; without one: one segment of none. */
  readonly segments: readonly (readonly SegmentValue[])[];
  /** By slot, cohort and bracket; behind the brackets of a cohort its size. */
  readonly numbers: Uint32Array;
}

export function retentionPart(
  counts: RetentionCounts,
  space: SegmentSpace | undefined,
): RetentionPart {
  const { cells, numbers } = counts;
  return {
    slots: cells.map((cell) => membersOfCell(space, cell)),
    segments: Array.from({ length: space?.count ?? 1 }, (_, i) => space?.valuesOf(i) ?? []),
    numbers: numbers.slice(),
  };
}

/** The slots of all parts: those with the same segments are one. */
export interface MergedRetention {
  readonly slotCount: number;
  segmentsOf(slot: number): readonly number[];
  valuesOf(segment: number): readonly SegmentValue[];
  sizeOf(slot: number, cohort: number): number;
  returnedOf(slot: number, cohort: number, bracket: number): number;
}

export interface RetentionShape {
  readonly cohortCount: number;
  readonly bracketCount: number;
}

export function mergeRetention(
  parts: readonly RetentionPart[],
  { cohortCount, bracketCount }: RetentionShape,
): MergedRetention {
  const stride = bracketCount + 1;
  const slotLength = cohortCount * stride;
  const segments = createSegmentIndex();
  const slots = new Map<string, number>();
  const segmentsOfSlots: number[][] = [];
  const tables: Float64Array[] = [];
  for (const part of parts) {
    const numbered = part.segments.map((values) => segments.indexOf(values));
    for (const [own, members] of part.slots.entries()) {
      const merged = Array.from(members, (member) => numbered[member] ?? 0).sort((a, b) => a - b);
      const key = merged.join();
      let slot = slots.get(key);
      if (slot === undefined) {
        slot = segmentsOfSlots.push(merged) - 1;
        slots.set(key, slot);
        tables.push(new Float64Array(slotLength));
      }
      const table = tables[slot] ?? new Float64Array(0);
      for (let i = 0; i < slotLength; i++) {
        table[i] = (table[i] ?? 0) + (part.numbers[own * slotLength + i] ?? 0);
      }
    }
  }
  return {
    slotCount: segmentsOfSlots.length,
    segmentsOf: (slot) => segmentsOfSlots[slot] ?? [],
    valuesOf: segments.valuesOf,
    sizeOf: (slot, cohort) => tables[slot]?.[cohort * stride + bracketCount] ?? 0,
    returnedOf: (slot, cohort, bracket) => tables[slot]?.[cohort * stride + bracket] ?? 0,
  };
}
