/** Up to so many rows, an insertion sort costs less than merging runs. */
const INSERTION_ROWS_MAX = 24;

/** Sorts stretches of rows together with their keys, without an object for a row. */
export interface RunSorter {
  sort(start: number, end: number): void;
}

/**
 * @param rows Changed by every sort.
 * @param keys By place in `rows`, likewise.
 * @param compareEqual Compares two rows whose keys are equal.
 */
export function createRunSorter(
  rows: Uint32Array,
  keys: Float64Array,
  compareEqual: (left: number, right: number) => number,
): RunSorter {
  let scratchRows = new Uint32Array(0);
  let scratchKeys = new Float64Array(0);

  function isBefore(leftKey: number, left: number, rightKey: number, right: number): boolean {
    return leftKey !== rightKey ? leftKey < rightKey : compareEqual(left, right) < 0;
  }
  function isFalling(at: number): boolean {
    return isBefore(keys[at] ?? 0, rows[at] ?? 0, keys[at - 1] ?? 0, rows[at - 1] ?? 0);
  }
  function insertionSort(start: number, end: number): void {
    for (let i = start + 1; i < end; i++) {
      const key = keys[i] ?? 0;
      const row = rows[i] ?? 0;
      let at = i;
      while (at > start && isBefore(key, row, keys[at - 1] ?? 0, rows[at - 1] ?? 0)) {
        keys[at] = keys[at - 1] ?? 0;
        rows[at] = rows[at - 1] ?? 0;
        at--;
      }
      keys[at] = key;
      rows[at] = row;
    }
  }
  function merge(start: number, middle: number, end: number): void {
    const leftCount = middle - start;
    if (leftCount > scratchRows.length) {
      scratchRows = new Uint32Array(2 * leftCount);
      scratchKeys = new Float64Array(2 * leftCount);
    }
    scratchRows.set(rows.subarray(start, middle));
    scratchKeys.set(keys.subarray(start, middle));
    for (let left = 0, right = middle, at = start; left < leftCount; at++) {
      const key = scratchKeys[left] ?? 0;
      const row = scratchRows[left] ?? 0;
      if (right < end && isBefore(keys[right] ?? 0, rows[right] ?? 0, key, row)) {
        keys[at] = keys[right] ?? 0;
        rows[at] = rows[right] ?? 0;
        right++;
      } else {
        keys[at] = key;
        rows[at] = row;
        left++;
      }
    }
  }
  return {
    sort(start, end) {
      if (end - start <= INSERTION_ROWS_MAX) insertionSort(start, end);
      else mergeRuns(start, end, isFalling, merge);
    },
  };
}

/** Rows that come from sorted sources are a few sorted runs already: those are merged in pairs. */
function mergeRuns(
  start: number,
  end: number,
  isFalling: (at: number) => boolean,
  merge: (start: number, middle: number, end: number) => void,
): void {
  let bounds = [start];
  for (let at = start + 1; at < end; at++) if (isFalling(at)) bounds.push(at);
  bounds.push(end);
  while (bounds.length > 2) {
    const merged: number[] = [];
    for (let run = 0; run + 1 < bounds.length; run += 2) {
      const from = bounds[run] ?? 0;
      merged.push(from);
      const to = bounds[run + 2];
      if (to !== undefined) merge(from, bounds[run + 1] ?? 0, to);
    }
    merged.push(end);
    bounds = merged;
  }
}
