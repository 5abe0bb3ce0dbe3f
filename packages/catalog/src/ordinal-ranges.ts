import type { OrdinalRange } from "@shale/format";

/** Whether the ordinal lies in one of the ranges. */
export function holdsOrdinal(ranges: readonly OrdinalRange[], ordinal: number): boolean {
  return ranges.some(({ from, to }) => from <= ordinal && ordinal <= to);
}

/** Whether `ranges` are disjoint, ascending, and none could be joined with the next. */
export function areRangesNormal(ranges: readonly OrdinalRange[]): boolean {
  return ranges.every(({ from, to }, i) => {
    const next = ranges[i + 1];
    return from <= to && (next === undefined || to + 1 < next.from);
  });
}

/** Whether every ordinal of `inner` lies in `outer`; both are normal. */
export function coversRanges(
  outer: readonly OrdinalRange[],
  inner: readonly OrdinalRange[],
): boolean {
  return inner.every(({ from, to }) => outer.some((range) => range.from <= from && to <= range.to));
}
