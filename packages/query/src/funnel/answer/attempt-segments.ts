import type { SegmentValue } from "@shale/model";
import type { KeyCells } from "../../segmentation/key-cells.ts";
import { isUndefined, SET_CELLS } from "../../segmentation/key-cells.ts";
import type { PairTable } from "../../segmentation/pair-table.ts";
import { createPairTable } from "../../segmentation/pair-table.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import type { ShardRows } from "../rows/shard-rows.ts";
import type { UserEvents } from "../rows/user-events.ts";
import type { MatchedEvents } from "../walk/optional-steps.ts";
import { attributedEvent } from "./attributed-event.ts";

/** The segments of attempts, by number in order of first appearance. */
export interface AttemptSegments {
  readonly count: number;
  /**
   * The segments of an attempt, each once: several where a list gives it several values, none where
   * all steps have to share one and do not.
   */
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

  /** The values of a key that an event has. */
  function valuesAt(key: number, events: UserEvents, event: number): readonly number[] {
    const own = keys[key];
    const cell = event < 0 ? undefined : rows.cells[key]?.[events.rows[event] ?? 0];
    // 0 stands for no value, the others are a number above their own.
    if (own === undefined || cell === undefined || isUndefined(own, cell)) return [0];
    if (cell < SET_CELLS) return [cell + 1];
    return Array.from(own.membersOf(cell), (member) => codeOf(key, member));
  }
  /** The values that a key gives an attempt. */
  function membersOf(key: number, events: UserEvents, matched: MatchedEvents): readonly number[] {
    if (attribution === "allSteps") {
      const [first = -1, ...others] = matched.filter((event) => event >= 0);
      const values = valuesAt(key, events, first);
      return others.reduce((shared, event) => {
        const next = valuesAt(key, events, event);
        return shared.filter((value) => next.includes(value));
      }, values);
    }
    const isDefined = (event: number): boolean =>
      valuesAt(key, events, event).some((value) => value !== 0);
    return valuesAt(key, events, attributedEvent(attribution, matched, isDefined));
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
        const members = membersOf(key, events, matched);
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
