import { compareTexts, placeText, type StoredBatch, userPlaces } from "@shale/columns";
import { invariant } from "@shale/model";

/** Rows [start, end) of whole users. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** The users of a batch in the order in which they stand in the rows. */
export interface UserRuns {
  /** Runs of rows, one for each user. */
  readonly count: number;
  /** First row of each run, and behind the last one the number of rows. */
  readonly starts: Uint32Array;
  readonly placesHigh: Uint32Array;
  readonly placesLow: Uint32Array;
}

/** The runs of a batch whose users stand in the order of S9, which is checked. */
export function userRuns(batch: StoredBatch, shards: number): UserRuns {
  const { userCodes, users, rowCount } = batch;
  const places = userPlaces(users, shards);
  const starts = new Uint32Array(Math.min(rowCount, users.ids.count) + 1);
  const placesHigh = new Uint32Array(starts.length);
  const placesLow = new Uint32Array(starts.length);
  let count = 0;
  let previous = -1;
  for (let row = 0; row < rowCount; row++) {
    const user = userCodes[row] ?? 0;
    if (user === previous) continue;
    const high = places.high[user] ?? 0;
    const low = places.low[user] ?? 0;
    if (previous >= 0) {
      const step = high - (placesHigh[count - 1] ?? 0) || low - (placesLow[count - 1] ?? 0);
      const rises =
        step > 0 || (step === 0 && compareTexts(users.ids, previous, users.ids, user) < 0);
      invariant(rises, `users stand in the order of S9: row ${row}`);
    }
    starts[count] = row;
    placesHigh[count] = high;
    placesLow[count] = low;
    count++;
    previous = user;
  }
  starts[count] = rowCount;
  return { count, starts, placesHigh, placesLow };
}

export function placeOfRun(runs: UserRuns, run: number): string {
  return placeText(runs.placesHigh[run] ?? 0, runs.placesLow[run] ?? 0);
}

/** A row group: runs [firstRun, lastRun] of users, and their rows. */
export interface GroupCut extends RowRange {
  readonly firstRun: number;
  readonly lastRun: number;
}

/** How much finer than necessary groups are cut before a crowded one may be larger. */
const EXTRA_BITS_MAX = 2;
const BITS_MAX = 30;

/**
 * Cuts the rows at equal ranges of places, 2^b of them, so that the files of a spec with 2^i times
 * as many shards can take whole groups. b is the least with which no group has more than `rowsMax`
 * rows; where a few users have very many rows, groups may be larger. Empty groups are left out.
 */
export function cutRowGroups(runs: UserRuns, rowsMax: number): readonly GroupCut[] {
  const rows = runs.starts[runs.count] ?? 0;
  const enough = Math.max(0, Math.ceil(Math.log2(rows / rowsMax)));
  const most = Math.min(BITS_MAX, enough + EXTRA_BITS_MAX);
  let bits = Math.min(enough, most);
  let cuts = cutsOf(runs, bits);
  while (bits < most && cuts.some(({ start, end }) => end - start > rowsMax)) {
    bits++;
    cuts = cutsOf(runs, bits);
  }
  return cuts;
}

function cutsOf(runs: UserRuns, bits: number): readonly GroupCut[] {
  const cuts: GroupCut[] = [];
  const { count, starts, placesHigh } = runs;
  const rangeOf = (run: number): number =>
    bits === 0 ? 0 : (placesHigh[run] ?? 0) >>> (32 - bits);
  for (let firstRun = 0; firstRun < count; ) {
    const range = rangeOf(firstRun);
    let next = firstRun + 1;
    while (next < count && rangeOf(next) === range) next++;
    const start = starts[firstRun] ?? 0;
    cuts.push({ firstRun, lastRun: next - 1, start, end: starts[next] ?? 0 });
    firstRun = next;
  }
  return cuts;
}
