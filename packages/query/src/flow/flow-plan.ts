import { isColumn, propertiesOf } from "../filter/row-select.ts";
import type { ParsedFlow } from "../parse/flow/parsed-flow.ts";

/** A flow as its scan sees it. */
export interface FlowPlan {
  readonly parsed: ParsedFlow;
  readonly asOfMs: number;
  readonly anchorCount: number;
  /** Offsets from -before to after. */
  readonly offsetCount: number;
  /** Only events of [startMs, endMs) are looked at; first anchors lie in the range. */
  readonly startMs: number;
  readonly endMs: number;
  /** Properties that filters and labels look at. */
  readonly columns: readonly string[];
}

export function planFlow(parsed: ParsedFlow, asOfMs: number): FlowPlan {
  const { anchors, before, after, windowMs, fromMs, toMs } = parsed;
  return {
    parsed,
    asOfMs,
    anchorCount: anchors.length,
    offsetCount: before + 1 + after,
    startMs: before === 0 ? fromMs : fromMs - windowMs,
    // The last anchor lies before `to`, and the end of its window is in.
    endMs: toMs + windowMs,
    columns: columnsOf(parsed),
  };
}

function columnsOf({ where, anchors, hide, include = [], groupBy }: ParsedFlow): string[] {
  const names = [
    ...propertiesOf(where),
    ...[...anchors, ...hide, ...include].flatMap((select) => propertiesOf(select.where)),
    ...(groupBy === undefined ? [] : [groupBy].filter(isColumn)),
  ];
  return [...new Set(names)];
}

/** Where an offset of an anchor stands among those of all anchors. */
export function slotOf({ parsed, offsetCount }: FlowPlan, anchor: number, offset: number): number {
  return anchor * offsetCount + parsed.before + offset;
}
