import type { DayFileEntry, ManifestDocument, ManifestPageRef } from "@shale/format";
import { compareEntries } from "@shale/format";
import type { Day } from "@shale/model";
import { DAY_MS } from "@shale/model";

/** Changes in a manifest above which a fold is due: each commit writes all of them again. */
export const FOLD_CHANGES_MAX = 512;
/** Entries of a page, at most. Lower: less to rewrite. Higher: fewer objects to read. */
export const PAGE_ENTRIES_MAX = 10_000;

/** A fold as data: what it writes, and what its commit takes out of the manifest. */
export interface FoldPlan {
  /** Ids of pages that go. */
  readonly replaced: readonly string[];
  /** The entries of each page to write, ascending from page to page; none is empty. */
  readonly pages: readonly (readonly DayFileEntry[])[];
  /** Ids that leave `added`: they stand in pages afterwards. */
  readonly folded: readonly string[];
  /** Ids that leave `removed`: no page lists them afterwards. */
  readonly cleared: readonly string[];
}

/** Whether so many changes stand beside the pages that a fold pays. */
export function isFoldDue({ added, removed }: ManifestDocument): boolean {
  return added.length + removed.length > FOLD_CHANGES_MAX;
}

/** Where a fold looks first: the pages of the months that files were added to, then the oldest. */
export function foldOrderOf(manifest: ManifestDocument): {
  readonly touched: readonly ManifestPageRef[];
  readonly others: readonly ManifestPageRef[];
} {
  const months = new Set(manifest.added.map(({ day }) => monthOf(day)));
  const isTouched = ({ firstDay, lastDay }: ManifestPageRef): boolean =>
    months.has(monthOf(firstDay)) || months.has(monthOf(lastDay));
  return {
    touched: manifest.pages.filter(isTouched),
    others: manifest.pages.filter((page) => !isTouched(page)),
  };
}

/**
 * Moves everything that was added into pages, and drops what was removed from them. Pages hold one
 * UTC month each, or a part of one; those of untouched months stay.
 *
 * @param paged Entries of pages of the manifest by page id: those of all touched months, and those
 * that list what was removed. Others may be there and stay as they are.
 */
export function planFold(
  manifest: ManifestDocument,
  paged: ReadonlyMap<string, readonly DayFileEntry[]>,
): FoldPlan {
  const removed = new Set(manifest.removed);
  const months = new Set(manifest.added.map(({ day }) => monthOf(day)));
  for (const entries of paged.values()) {
    for (const { id, day } of entries) if (removed.has(id)) months.add(monthOf(day));
  }
  const replaced = manifest.pages.filter(({ id }) =>
    paged.get(id)?.some(({ day }) => months.has(monthOf(day))),
  );
  const old = replaced.flatMap(({ id }) => paged.get(id) ?? []);
  const kept = old.filter(({ id }) => !removed.has(id));
  const entries = [...kept, ...manifest.added].sort(compareEntries);
  return {
    replaced: replaced.map(({ id }) => id),
    pages: pagesOf(entries),
    folded: manifest.added.map(({ id }) => id),
    cleared: old.map(({ id }) => id).filter((id) => removed.has(id)),
  };
}

/** Cuts ascending entries by month, and a large month into pages of like size. */
function pagesOf(entries: readonly DayFileEntry[]): readonly (readonly DayFileEntry[])[] {
  const months = new Map<number, DayFileEntry[]>();
  for (const entry of entries) {
    const month = monthOf(entry.day);
    const so = months.get(month);
    if (so === undefined) months.set(month, [entry]);
    else so.push(entry);
  }
  return [...months.values()].flatMap((month) => {
    const pageCount = Math.ceil(month.length / PAGE_ENTRIES_MAX);
    const size = Math.ceil(month.length / pageCount);
    return Array.from({ length: pageCount }, (_, i) => month.slice(i * size, (i + 1) * size));
  });
}

/** Months since year 0 of UTC. */
function monthOf(day: Day): number {
  const date = new Date(day * DAY_MS);
  return 12 * date.getUTCFullYear() + date.getUTCMonth();
}
