import type { CatalogTombstone, DayFileEntry } from "@shale/format";

export interface PurgePlan {
  /** Files that may hold a hidden row: their users have to be looked at. */
  readonly suspects: readonly DayFileEntry[];
  /** Files all of whose rows were appended after the deletes that they have not applied. */
  readonly unharmed: readonly DayFileEntry[];
}

/**
 * Files that lag behind the newest tombstone (protocol D2). A tombstone hides rows at or below its
 * seq, so that the seqs of an entry often tell without a look at the file.
 */
export function planPurges(
  entries: readonly DayFileEntry[],
  tombstones: readonly CatalogTombstone[],
): PurgePlan {
  const suspects: DayFileEntry[] = [];
  const unharmed: DayFileEntry[] = [];
  const newest = newestTombstone(tombstones);
  for (const entry of entries) {
    if (entry.tombstone >= newest) continue;
    if (mayHoldHidden(entry, tombstones)) suspects.push(entry);
    else unharmed.push(entry);
  }
  return { suspects, unharmed };
}

/** The highest number among them; 0 for none. */
export function newestTombstone(tombstones: readonly CatalogTombstone[]): number {
  return tombstones.reduce((highest, { number }) => Math.max(highest, number), 0);
}

function mayHoldHidden(
  { tombstone: applied, seqs }: DayFileEntry,
  tombstones: readonly CatalogTombstone[],
): boolean {
  const least = seqs.reduce((lowest, { min }) => Math.min(lowest, min), Number.MAX_SAFE_INTEGER);
  return tombstones.some(({ number, seq }) => number > applied && seq >= least);
}
