import type { SegmentValue } from "@shale/model";
import { compareText } from "../filter/compare-text.ts";

/** A segment, its values and its measure over the whole range. */
export interface RankedSegment {
  readonly segment: number;
  readonly by: readonly SegmentValue[];
  /** null: the measure of nothing. */
  readonly range: number | null;
}

/** Greatest measure first, null last; equal ones by key. */
export function compareSegments(left: RankedSegment, right: RankedSegment): number {
  if (left.range !== right.range) {
    if (left.range === null || right.range === null) return left.range === null ? 1 : -1;
    return right.range - left.range;
  }
  for (const [index, value] of left.by.entries()) {
    const order = compareValues(value, right.by[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

/** null, then false, true, numbers, texts by code point. */
export function compareValues(left: SegmentValue, right: SegmentValue): number {
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (typeof left === "number" && typeof right === "number") return left - right;
  return rankOf(left) - rankOf(right);
}

function rankOf(value: SegmentValue): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 2 : 1;
  return typeof value === "number" ? 3 : 4;
}
