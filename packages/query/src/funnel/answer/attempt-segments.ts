import type { SegmentValue } from "@shale/model";
import type { KeyCells } from "../../segmentation/key-cells.ts";
import { SET_CELLS } from "../../segmentation/key-cells.ts";
import type { PairTable } from "../../segmentation/pair-table.ts";
import { createPairTable } from "../../segmentation/pair-table.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import { isUndefined } from "../rows/held-codes.ts";
import type { ShardRows } from "../rows/shard-rows.ts";
import type { UserEvents } from "../rows/user-events.ts";
import type { MatchedEvents } from "../walk/optional-steps.ts";

/** The segments of attempts, by number in order of first appearance. */
export interface AttemptSegments {
  readonly count: number;
  /** The segments of an attempt, each once: several where a list gives it several values. */
  of(events: UserEvents, matched: MatchedEvents): readonly number[];
  /** One value for each key. */
  valuesOf(segment: number): SegmentValue[];
  readonly byteCount: number;
}

export function createAttemptSegments(
  plan: FunnelPlan,
  keys: readonly KeyCells[],
  rows: ShardRows,
): AttemptSegments {
  const { attribution } = plan.parsed;
  // A pair for each key: the number of the values before it, and its own value.
  const tables: PairTable[] = keys.map(createPairTable);
  const isLast = attribution === "lastDefined";

  /** The cell of the event that names the value; -1: no event has one. */
  function cellOf(key: number, events: UserEvents, matched: MatchedEvents): number {
    const cells = rows.cells[key];
    const own = keys[key];
    if (cells === undefined || own === undefined) return -1;
    const [first, end] =
      typeof attribution === "object"
        ? [attribution.step - 1, attribution.step]
        : [0, matched.length];
    for (let i = first; i < end; i++) {
      const event = matched[isLast ? end - 1 - i : i] ?? -1;
      if (event < 0) continue;
      const cell = cells[events.rows[event] ?? 0] ?? 0;
      if (!isUndefined(own, cell)) return cell;
    }
    return -1;
  }
  function membersOf(key: number, cell: number): Iterable<number> {
    // 0 stands for no value, the others are a number above their own.
    if (cell < 0) return [0];
    if (cell < SET_CELLS) return [cell + 1];
    return Array.from(keys[key]?.membersOf(cell) ?? [], (member) => codeOf(key, member));
  }
  /** A null inside a list and no value at all are one segment. */
  function codeOf(key: number, member: number): number {
    return keys[key]?.valueOf(member) === null ? 0 : member + 1;
  }
  return {
    get count() {
      return tables.at(-1)?.count ?? 0;
    },
    of(events, matched) {
      let segments: number[] = [0];
      for (const [key, table] of tables.entries()) {
        const members = [...membersOf(key, cellOf(key, events, matched))];
        segments = segments.flatMap((before) =>
          members.map((member) => table.indexOf(before, member)),
        );
      }
      return segments;
    },
    valuesOf(segment) {
      const values: SegmentValue[] = [];
      let at = segment;
      for (let key = tables.length - 1; key >= 0; key--) {
        const code = tables[key]?.secondOf(at) ?? 0;
        values.unshift(code === 0 ? null : (keys[key]?.valueOf(code - 1) ?? null));
        at = tables[key]?.firstOf(at) ?? 0;
      }
      return values;
    },
    get byteCount() {
      return tables.reduce((sum, { byteCount }) => sum + byteCount, 0);
    },
  };
}
