import type { UserTable } from "../event-batch.ts";
import { compareTexts } from "../text-table.ts";
import { userPlaces } from "../users/user-places.ts";

const DIGIT_BITS = 11;
const DIGIT_COUNT = 1 << DIGIT_BITS;

/** The users of a table in the order of S9: by place, then id bytewise. The table holds none twice. */
export function userOrder(users: UserTable, shards: number): Uint32Array {
  const { high, low } = userPlaces(users, shards);
  const order = sortedByKey(high);
  // What shares the upper half stands together now; few do.
  for (let start = 0; start < order.length; ) {
    const key = high[order[start] ?? 0] ?? 0;
    let end = start + 1;
    while (end < order.length && high[order[end] ?? 0] === key) end++;
    if (end > start + 1) {
      order
        .subarray(start, end)
        .sort(
          (left, right) =>
            (low[left] ?? 0) - (low[right] ?? 0) || compareTexts(users.ids, left, users.ids, right),
        );
    }
    start = end;
  }
  return order;
}

/** Fewer keys are sorted by comparing them: counting has to clear its counters. */
const COUNTED_MIN = 512;

/** Indexes by ascending key, equal ones in their order: three counting sorts, the low digits first. */
function sortedByKey(keys: Uint32Array): Uint32Array {
  let order = new Uint32Array(keys.length);
  if (keys.length < COUNTED_MIN) {
    for (let i = 0; i < order.length; i++) order[i] = i;
    return order.sort((left, right) => (keys[left] ?? 0) - (keys[right] ?? 0));
  }
  let target = new Uint32Array(keys.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const starts = new Uint32Array(DIGIT_COUNT + 1);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    starts.fill(0);
    for (let i = 0; i < keys.length; i++) {
      const next = (((keys[i] ?? 0) >>> shift) & (DIGIT_COUNT - 1)) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let i = 1; i <= DIGIT_COUNT; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
    for (let i = 0; i < order.length; i++) {
      const index = order[i] ?? 0;
      const digit = ((keys[index] ?? 0) >>> shift) & (DIGIT_COUNT - 1);
      const at = starts[digit] ?? 0;
      target[at] = index;
      starts[digit] = at + 1;
    }
    [order, target] = [target, order];
  }
  return order;
}

/** By index, its place in `order`. */
export function ranksOf(order: Uint32Array): Uint32Array {
  const ranks = new Uint32Array(order.length);
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank] ?? 0] = rank;
  return ranks;
}
