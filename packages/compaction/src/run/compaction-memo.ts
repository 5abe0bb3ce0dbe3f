import type { EntryPages } from "@shale/catalog";
import type { DayFileEntry } from "@shale/format";
import type { PurgeLooks } from "./run-purge.ts";

/** What a process remembers between two compactions of a project. Only saves work. */
export interface CompactionMemo {
  readonly pages: EntryPages;
  readonly looks: PurgeLooks;
  /** What stood there when a group was last found to have nothing due, by spec and group. */
  readonly idle: Map<string, string>;
  /** Claims of this process that should have been dropped, and could not. */
  readonly leftovers: Set<string>;
}

/** Pages of manifests that are kept: about 10,000 entries each. */
const PAGE_COUNT_MAX = 8;

export function createCompactionMemo(): CompactionMemo {
  return { pages: boundedPages(), looks: new Map(), idle: new Map(), leftovers: new Set() };
}

function boundedPages(): EntryPages {
  const pages = new Map<string, readonly DayFileEntry[]>();
  return {
    get: (key) => pages.get(key),
    set(key, entries) {
      pages.set(key, entries);
      for (const oldest of pages.keys()) {
        if (pages.size <= PAGE_COUNT_MAX) return;
        pages.delete(oldest);
      }
    },
  };
}
