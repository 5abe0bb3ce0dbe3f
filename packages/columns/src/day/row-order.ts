import type { RowNames } from "./compare-row-names.ts";
import { compareRowNames } from "./compare-row-names.ts";
import { createRunSorter } from "./run-sorter.ts";

/** What the order of the rows of a day file depends on (protocol S9). */
export interface RowKeys {
  /** By row, the rank of its user. */
  readonly userRanks: Uint32Array;
  readonly userCount: number;
  readonly timesMs: Float64Array;
  /** By row, the bytewise rank of its event name. */
  readonly eventRanks: Uint32Array;
  readonly eventCount: number;
  readonly names: RowNames;
}

const EXACT_MAX = 2 ** 53;

/** The rows by user, time, event name, shown insert id, seq and writer. */
export function rowOrder(rows: RowKeys): Uint32Array {
  const { userCount, eventRanks, names } = rows;
  const starts = startsOf(rows.userRanks, userCount);
  const { order, keys } = scatterRows(rows, starts);
  const sorter = createRunSorter(order, keys, (left, right) => {
    const event = (eventRanks[left] ?? 0) - (eventRanks[right] ?? 0);
    return event !== 0 ? event : compareRowNames(names, left, right);
  });
  for (let user = 0; user < userCount; user++) {
    sorter.sort(starts[user] ?? 0, starts[user + 1] ?? 0);
  }
  return order;
}

/** Where the rows of each user begin; one more for the end. */
function startsOf(ranks: Uint32Array, count: number): Uint32Array {
  const starts = new Uint32Array(count + 1);
  for (let row = 0; row < ranks.length; row++) {
    const next = (ranks[row] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let user = 1; user <= count; user++) {
    starts[user] = (starts[user] ?? 0) + (starts[user - 1] ?? 0);
  }
  return starts;
}

/** Puts the rows of each user into their stretch, and the key of each row beside it. */
function scatterRows(
  { userRanks, timesMs, eventRanks, eventCount }: RowKeys,
  starts: Uint32Array,
): { readonly order: Uint32Array; readonly keys: Float64Array } {
  const order = new Uint32Array(userRanks.length);
  const keys = new Float64Array(userRanks.length);
  const next = starts.slice();
  const { minMs, factor } = keyShape(timesMs, eventCount);
  for (let row = 0; row < order.length; row++) {
    const user = userRanks[row] ?? 0;
    const at = next[user] ?? 0;
    next[user] = at + 1;
    order[at] = row;
    const event = factor === 1 ? 0 : (eventRanks[row] ?? 0);
    keys[at] = ((timesMs[row] ?? 0) - minMs) * factor + event;
  }
  return { order, keys };
}

/**
 * Time and event name as one number, (time - minMs) * factor + event, where that is exact: always
 * within a day. Factor 1 leaves the event out.
 */
function keyShape(
  timesMs: Float64Array,
  eventCount: number,
): { readonly minMs: number; readonly factor: number } {
  let minMs = Infinity;
  let maxMs = -Infinity;
  for (let row = 0; row < timesMs.length; row++) {
    const timeMs = timesMs[row] ?? 0;
    if (timeMs < minMs) minMs = timeMs;
    if (timeMs > maxMs) maxMs = timeMs;
  }
  const isExact = (maxMs - minMs + 1) * eventCount < EXACT_MAX;
  return { minMs, factor: isExact ? eventCount : 1 };
}
