import type { ParsedFlow } from "../../parse/flow/parsed-flow.ts";

/** Rows that a flow can be made of, so that the others are not even held. */
export interface KeptRows {
  readonly byteCount: number;
  /** Makes room for user codes below `count`. */
  reserveUsers(count: number): void;
  /** Whether the user's next visible row matters; rows come in the order of each user. */
  keeps(user: number, row: FlowRow): boolean;
  /** Forgets the users. */
  clear(): void;
}
export interface FlowRow {
  readonly atMs: number;
  /** Bit a: it matches anchor a. */
  readonly anchor: number;
  readonly label: number;
}

/**
 * Without steps before the anchor, nothing matters before the first one. Where a user has one flow
 * of one anchor, nothing matters behind its last step, nor do repeats that collapse. undefined: all
 * rows matter.
 */
export function createKeptRows(parsed: ParsedFlow): KeptRows | undefined {
  const { before, after, anchors, count, collapseRepeats, fromMs, toMs } = parsed;
  if (before > 0 || count === "sessions") return undefined;
  const rowsMax = count === "uniques" && anchors.length === 1 ? 1 + after : Infinity;
  const collapses = collapseRepeats && rowsMax !== Infinity;
  /** By user: rows that were kept, up to 255. */
  let counts = new Uint8Array(0);
  let lastLabels = new Uint32Array(0);
  return {
    get byteCount() {
      return counts.byteLength + lastLabels.byteLength;
    },
    reserveUsers(wanted) {
      if (wanted <= counts.length) return;
      const [oldCounts, oldLabels] = [counts, lastLabels];
      counts = new Uint8Array(2 * wanted);
      counts.set(oldCounts);
      if (!collapses) return;
      lastLabels = new Uint32Array(2 * wanted);
      lastLabels.set(oldLabels);
    },
    keeps(user, { atMs, anchor, label }) {
      const keptCount = counts[user] ?? 0;
      if (keptCount === 0) {
        if ((anchor & 1) === 0 || atMs < fromMs || atMs >= toMs) return false;
      } else {
        if (keptCount >= rowsMax) return false;
        if (collapses && lastLabels[user] === label) return false;
      }
      counts[user] = Math.min(255, keptCount + 1);
      if (collapses) lastLabels[user] = label;
      return true;
    },
    clear() {
      counts.fill(0);
    },
  };
}
