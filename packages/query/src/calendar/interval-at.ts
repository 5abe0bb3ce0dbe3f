import type { Intervals } from "./plan-intervals.ts";

/** The interval that holds `atMs`; -1 before the first, `count` after the last. */
export function intervalAt(intervals: Intervals, atMs: number): number {
  const { startsMs, count } = intervals;
  let low = 0;
  let high = count + 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((startsMs[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Writes the interval of each time into `target`. All times lie in intervals `first` to `last`,
 * which are found once for a batch, so that a row costs a guess and at most a few steps.
 */
export function fillIntervals(
  intervals: Intervals,
  timesMs: Float64Array,
  span: { readonly first: number; readonly last: number },
  target: Uint32Array,
): void {
  const { startsMs } = intervals;
  const { first, last } = span;
  const originMs = startsMs[first] ?? 0;
  const meanMs = ((startsMs[last + 1] ?? originMs + 1) - originMs) / (last - first + 1);
  for (let row = 0; row < timesMs.length; row++) {
    const atMs = timesMs[row] ?? 0;
    let index = first + Math.floor((atMs - originMs) / meanMs);
    if (index > last) index = last;
    else if (index < first) index = first;
    while (index > first && (startsMs[index] ?? 0) > atMs) index--;
    while (index < last && (startsMs[index + 1] ?? 0) <= atMs) index++;
    target[row] = index;
  }
}
