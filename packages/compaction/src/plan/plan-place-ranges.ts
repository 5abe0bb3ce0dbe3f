import type { DayFileRowGroup } from "@shale/format";
import { invariant } from "@shale/model";

/** Users whose place p is after < p <= upTo; undefined: no limit on that side. */
export interface PlaceRange {
  readonly after: string | undefined;
  readonly upTo: string | undefined;
}

/**
 * Cuts the users of some files into ranges of about equal numbers of rows, so that one range at a
 * time can be decoded and written. A range meets at most `rowsMax` rows in row groups that end in
 * it, or those that end at one place, and of each file one row group that goes on beyond it.
 *
 * @param rowGroups Those of all files, in any order.
 */
export function planPlaceRanges(
  rowGroups: readonly DayFileRowGroup[],
  rowsMax: number,
): readonly PlaceRange[] {
  invariant(rowsMax >= 1, `a range may have a row at least: ${rowsMax}`);
  const rows = rowGroups.reduce((sum, group) => sum + group.rows, 0);
  const rangeCount = Math.max(1, Math.ceil(rows / rowsMax));
  const wanted = Math.ceil(rows / rangeCount);
  const cuts: string[] = [];
  let [counted, before] = [0, ""];
  for (const [lastPlace, ending] of rowsByEnd(rowGroups)) {
    if (counted > 0 && counted + ending > wanted) {
      cuts.push(before);
      counted = 0;
    }
    counted += ending;
    before = lastPlace;
  }
  const ends = [undefined, ...cuts, undefined];
  return ends.slice(1).map((upTo, i) => ({ after: ends[i], upTo }));
}

/** Rows of the groups that end at each place, ascending. */
function rowsByEnd(rowGroups: readonly DayFileRowGroup[]): readonly (readonly [string, number])[] {
  const rows = new Map<string, number>();
  for (const group of rowGroups) {
    rows.set(group.lastPlace, (rows.get(group.lastPlace) ?? 0) + group.rows);
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Numbers of the row groups that hold users of the range. */
export function rowGroupsIn(
  rowGroups: readonly DayFileRowGroup[],
  { after, upTo }: PlaceRange,
): readonly number[] {
  return rowGroups.flatMap(({ firstPlace, lastPlace }, number) => {
    const isBelow = after !== undefined && lastPlace <= after;
    const isAbove = upTo !== undefined && firstPlace > upTo;
    return isBelow || isAbove ? [] : [number];
  });
}
