import type { SegmentValue } from "@shale/model";
import { SET_CELLS } from "../segmentation/key-cells.ts";
import type { SegmentSpace } from "../segmentation/segment-space.ts";

/** Numbers the segments of several parts by their values, from 0, in order of first appearance. */
export interface SegmentIndex {
  readonly count: number;
  indexOf(values: readonly SegmentValue[]): number;
  valuesOf(segment: number): readonly SegmentValue[];
}

export function createSegmentIndex(): SegmentIndex {
  const numbers = new Map<string, number>();
  const known: (readonly SegmentValue[])[] = [];
  return {
    get count() {
      return known.length;
    },
    indexOf(values) {
      const key = JSON.stringify(values); // A number, its text and null are three keys.
      let segment = numbers.get(key);
      if (segment === undefined) {
        segment = known.push(values) - 1;
        numbers.set(key, segment);
      }
      return segment;
    },
    valuesOf: (segment) => known[segment] ?? [],
  };
}

/** The segments of a cell; without a breakdown each row is in the one segment 0. */
export function membersOfCell(space: SegmentSpace | undefined, cell: number): Uint32Array {
  if (space === undefined || cell < SET_CELLS) return Uint32Array.of(cell);
  return space.membersOf(cell);
}
