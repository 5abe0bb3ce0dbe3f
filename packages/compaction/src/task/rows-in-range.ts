import type { StoredBatch } from "@shale/columns";
import { placeText, userPlaces } from "@shale/columns";
import type { PlaceRange } from "../plan/plan-place-ranges.ts";

/** Numbers of the rows whose users stand in the range. `batch` is in the order of S9. */
export function rowsInRange(
  batch: StoredBatch,
  { after, upTo }: PlaceRange,
  shards: number,
): Uint32Array {
  const places = userPlaces(batch.users, shards);
  /** How many of the rows belong to users at or below the place. */
  function rowsUpTo(place: string): number {
    let [low, high] = [0, batch.rowCount];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const user = batch.userCodes[middle] ?? 0;
      const isBelow = placeText(places.high[user] ?? 0, places.low[user] ?? 0) <= place;
      if (isBelow) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  const start = after === undefined ? 0 : rowsUpTo(after);
  const end = upTo === undefined ? batch.rowCount : rowsUpTo(upTo);
  return Uint32Array.from({ length: end - start }, (_, i) => start + i);
}
