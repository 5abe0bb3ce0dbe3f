import type { DayFileEntry } from "@shale/format";
import type { Day } from "@shale/model";

/** Files of days that are no longer kept (protocol C6), without those of another job. */
export function planExpiry(
  entries: readonly DayFileEntry[],
  firstDay: Day | null,
  claimed: ReadonlySet<string>,
): readonly DayFileEntry[] {
  if (firstDay === null) return [];
  return entries.filter(({ id, day }) => day < firstDay && !claimed.has(id));
}
