import type { FlowQuery, PropertyValue } from "@shale/model";
import type { ReferenceEvent } from "../reference-event.ts";
import { isSelected, propertyOf } from "../reference-filter.ts";

/** A flow query with its defaults filled in. */
export interface FlowPlan {
  readonly query: FlowQuery;
  readonly fromMs: number;
  readonly toMs: number;
  readonly asOfMs: number;
  readonly windowMs: number;
  readonly before: number;
  readonly after: number;
}

/** One flow of a user: its steps in order, and which of them are the anchors that it reached. */
export interface Flow {
  readonly steps: readonly Step[];
  readonly anchorPlaces: readonly number[];
  /** Whether its window was still open at asOf. */
  readonly isOpen: boolean;
}

/** An event; with `collapseRepeats` an event and its repeats. */
export interface Step {
  readonly label: string;
  readonly events: readonly ReferenceEvent[];
}

/** The flows of one user, from the user's events in order. */
export function flowsOf(plan: FlowPlan, events: readonly ReferenceEvent[]): Flow[] {
  const visible = events.filter((event) => isVisible(plan.query, event));
  const flows: Flow[] = [];
  let rest = visible;
  for (;;) {
    const start = rest.find((event) => canStart(plan, event));
    if (start === undefined) return flows;
    const { flow, last } = flowFrom(plan, visible, start);
    flows.push(flow);
    if (plan.query.count !== "totals") return flows;
    rest = visible.slice(visible.indexOf(last) + 1);
  }
}

/** Hidden events are never seen; where some are included, anchors are seen with them. */
function isVisible({ anchors, hide = [], include }: FlowQuery, event: ReferenceEvent): boolean {
  if (hide.some((select) => isSelected(event, select))) return false;
  if (include === undefined) return true;
  return [...include, ...anchors].some((select) => isSelected(event, select));
}

function canStart({ query, fromMs, toMs }: FlowPlan, event: ReferenceEvent): boolean {
  return fromMs <= event.timeMs && event.timeMs < toMs && isAnchor(query, event, 0);
}

function isAnchor({ anchors }: FlowQuery, event: ReferenceEvent, anchor: number): boolean {
  const select = anchors[anchor];
  return select !== undefined && isSelected(event, select);
}

/** The flow that begins with an event, and the last event that belongs to it. */
function flowFrom(
  plan: FlowPlan,
  visible: readonly ReferenceEvent[],
  start: ReferenceEvent,
): { readonly flow: Flow; readonly last: ReferenceEvent } {
  const { query, windowMs, before, after, asOfMs } = plan;
  const inWindow = visible.filter(({ timeMs }) => Math.abs(timeMs - start.timeMs) <= windowMs);
  const all = stepsOf(query, inWindow);
  const first = all.findIndex(({ events }) => events.includes(start));
  // Repeats of the first anchor before it are the same step, and no step before it.
  const steps = all.slice(Math.max(0, first - before));
  const anchorPlaces = [first - Math.max(0, first - before)];
  for (let anchor = 1; anchor < query.anchors.length; anchor++) {
    const previous = Number(anchorPlaces.at(-1));
    const place = steps.findIndex(
      ({ events }, index) =>
        index > previous && events.some((event) => isAnchor(query, event, anchor)),
    );
    if (place < 0) break;
    anchorPlaces.push(place);
  }
  const isWhole = anchorPlaces.length === query.anchors.length;
  const end = isWhole ? Number(anchorPlaces.at(-1)) + after : Infinity;
  const shown = steps.slice(0, end + 1);
  const isOver = end < steps.length;
  const lastEvent = (isOver ? steps[end]?.events : inWindow)?.at(-1) ?? start;
  return {
    flow: { steps: shown, anchorPlaces, isOpen: start.timeMs + windowMs >= asOfMs },
    last: lastEvent,
  };
}

function stepsOf(query: FlowQuery, events: readonly ReferenceEvent[]): Step[] {
  const steps: { label: string; events: ReferenceEvent[] }[] = [];
  for (const event of events) {
    const label = labelOf(query, event);
    const last = steps.at(-1);
    if (query.collapseRepeats === true && last?.label === label) last.events.push(event);
    else steps.push({ label, events: [event] });
  }
  return steps;
}

function labelOf({ groupBy = "$event" }: FlowQuery, event: ReferenceEvent): string {
  if (groupBy === "$event") return event.event;
  const value = textOf(propertyOf(event, groupBy));
  return value === undefined ? event.event : `${event.event} = ${value}`;
}

/** The elements of a list stand side by side, each once. Nothing but nulls is no value. */
function textOf(value: PropertyValue | undefined): string | undefined {
  const elements: unknown[] = Array.isArray(value) ? value : [value ?? null];
  const texts = [...new Set(elements)].filter((element) => element !== null).map(String);
  return texts.length === 0 ? undefined : texts.join(", ");
}
