import type { FlowQuery, PropertyValue } from "@shale/model";
import type { ReferenceEvent } from "../reference-event.ts";
import { isSelected, propertyOf, satisfies } from "../reference-filter.ts";
import { openUntilMs, sessionsOf } from "../segmentation/reference-sessions.ts";

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

/** The flows of one user, from all events of the user in order. */
export function flowsOf(plan: FlowPlan, events: readonly ReferenceEvent[]): Flow[] {
  const visible = events.filter((event) => isVisible(plan.query, event));
  switch (plan.query.count ?? "uniques") {
    case "uniques":
      return everyFlow(plan, visible).slice(0, 1);
    case "totals":
      return everyFlow(plan, visible);
    case "sessions":
      return sessionFlows(plan, events);
    default:
      throw new Error(`There is no count ${plan.query.count}`);
  }
}

/** One flow after the other: the next one begins when the last has ended. */
function everyFlow(plan: FlowPlan, visible: readonly ReferenceEvent[]): Flow[] {
  const { fromMs, toMs } = plan;
  const flows: Flow[] = [];
  let rest = visible;
  for (;;) {
    const start = rest.find(
      (event) => fromMs <= event.timeMs && event.timeMs < toMs && isAnchor(plan.query, event, 0),
    );
    if (start === undefined) return flows;
    const { flow, last } = flowFrom(plan, visible, start);
    flows.push(flow);
    rest = visible.slice(visible.indexOf(last) + 1);
  }
}

/** The first flow of each session that began in the range: all of it lies in the session. */
function sessionFlows(plan: FlowPlan, events: readonly ReferenceEvent[]): Flow[] {
  const { query, fromMs, toMs, asOfMs } = plan;
  const sessions = sessionsOf(events, query);
  return [...new Set(sessions.values())].flatMap((session) => {
    if (session.startMs < fromMs || session.startMs >= toMs) return [];
    const own = events.filter((event) => sessions.get(event) === session);
    const visible = own.filter((event) => isVisible(query, event));
    const start = visible.find((event) => isAnchor(query, event, 0));
    if (start === undefined) return [];
    const { flow } = flowFrom(plan, visible, start);
    const isOpen = flow.isOpen && openUntilMs(query, own) >= asOfMs;
    return [{ ...flow, isOpen }];
  });
}

/** Hidden events are never seen; where some are included, anchors are seen with them. */
function isVisible(query: FlowQuery, event: ReferenceEvent): boolean {
  const { anchors, where, hide = [], include } = query;
  if (where !== undefined && !satisfies(event, where)) return false;
  if (hide.some((select) => isSelected(event, select))) return false;
  if (include === undefined) return true;
  return [...include, ...anchors].some((select) => isSelected(event, select));
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
