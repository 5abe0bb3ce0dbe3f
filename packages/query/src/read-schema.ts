import type { Env } from "@shale/env";
import type { Day, Scalar } from "@shale/model";
import { dayText } from "@shale/model";
import type { Pin, ScanBatch, ScanProperty, TailCache } from "@shale/scan";
import { compareText } from "./filter/compare-text.ts";
import type { OnProgress } from "./progress.ts";
import { createRowsReporter } from "./progress.ts";
import { createQueryGuard } from "./query-guard.ts";
import { createQueryRun } from "./query-run.ts";
import { MEMORY_BYTES_MAX } from "./run-query.ts";

export type PropertyType = "string" | "number" | "boolean" | "list";

/** What the events of a project are called and hold. Duplicates are counted once. */
export interface Schema {
  readonly eventCount: number;
  /** First and last UTC day with an event, `2026-10-01`; null without events. */
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  /** The commonest first. */
  readonly events: readonly SchemaEvent[];
  /** Those on most events first. */
  readonly properties: readonly SchemaProperty[];
}
export interface SchemaEvent {
  readonly event: string;
  readonly count: number;
  readonly firstDay: string;
  readonly lastDay: string;
}
export interface SchemaProperty {
  readonly property: string;
  /** Events that have it. */
  readonly count: number;
  /** The commonest type first. */
  readonly types: readonly SchemaType[];
}
export interface SchemaType {
  readonly type: PropertyType;
  readonly count: number;
  /** Up to three values, those of the earliest days and shards; a list as JSON text. */
  readonly examples: readonly Exclude<Scalar, null>[];
}

export interface SchemaOptions {
  readonly cache: TailCache;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Reads every event of a pin for their names, properties, types, counts and days.
 *
 * @throws {ShaleError} CANCELLED, and what a scan throws
 */
export async function readSchema(env: Env, pin: Pin, options: SchemaOptions): Promise<Schema> {
  const { cache, onProgress } = options;
  const guard = createQueryGuard(env, options);
  const memoryBytesMax = MEMORY_BYTES_MAX;
  const run = createQueryRun(env, {
    pin,
    cache,
    guard,
    memoryBytesMax,
    onRows: createRowsReporter(env, onProgress),
  });
  const events = new Map<string, EventTally>();
  const properties = new Map<string, TypeTallies>();
  const scan = {
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
    columns: "all",
    order: "none",
  } as const;
  try {
    for await (const batch of run.scan(scan, "read")) {
      tallyEvents(batch, events);
      for (const property of batch.properties.values()) tallyProperty(property, properties);
    }
  } catch (error) {
    guard.signal.throwIfAborted();
    throw error;
  } finally {
    guard.close();
  }
  return schemaOf(events, properties);
}

interface EventTally {
  count: number;
  firstDay: Day;
  lastDay: Day;
}
interface TypeTally {
  count: number;
  readonly examples: Exclude<Scalar, null>[];
}
type TypeTallies = Map<PropertyType, TypeTally>;

function tallyEvents({ events, eventCodes, day }: ScanBatch, tallies: Map<string, EventTally>) {
  const counts = new Float64Array(events.count);
  for (let row = 0; row < eventCodes.length; row++) {
    const code = eventCodes[row] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  for (const [code, count] of counts.entries()) {
    if (count === 0) continue;
    const name = events.textAt(code);
    const tally = tallies.get(name) ?? { count: 0, firstDay: day, lastDay: day };
    tallies.set(name, tally);
    tally.count += count;
    if (day < tally.firstDay) tally.firstDay = day;
    if (day > tally.lastDay) tally.lastDay = day;
  }
}

const EXAMPLE_COUNT_MAX = 3;

function tallyProperty(property: ScanProperty, tallies: Map<string, TypeTallies>): void {
  const types: TypeTallies = tallies.get(property.name) ?? new Map();
  tallies.set(property.name, types);
  const { string, list, number, boolean } = property;
  for (const [type, column] of [["string", string] as const, ["list", list] as const]) {
    if (column === undefined) continue;
    const { codes, texts } = column;
    tallySlots(types, type, codes, (code) => (code === 0 ? undefined : texts.textAt(code - 1)));
  }
  if (number !== undefined) {
    tallySlots(types, "number", number, (value) => (Number.isNaN(value) ? undefined : value));
  }
  if (boolean !== undefined) {
    tallySlots(types, "boolean", boolean, (value) => (value === 0 ? undefined : value === 2));
  }
}

function tallySlots(
  types: TypeTallies,
  type: PropertyType,
  slots: Uint32Array | Float64Array | Uint8Array,
  exampleOf: (slot: number) => Exclude<Scalar, null> | undefined,
): void {
  const tally = types.get(type) ?? { count: 0, examples: [] };
  const isAbsent = type === "number" ? Number.isNaN : (slot: number): boolean => slot === 0;
  for (let row = 0; row < slots.length; row++) {
    const slot = slots[row] ?? 0;
    if (isAbsent(slot)) continue;
    tally.count++;
    if (tally.examples.length === EXAMPLE_COUNT_MAX) continue;
    const value = exampleOf(slot);
    if (value !== undefined && !tally.examples.includes(value)) tally.examples.push(value);
  }
  types.set(type, tally);
}

function schemaOf(
  events: ReadonlyMap<string, EventTally>,
  properties: ReadonlyMap<string, TypeTallies>,
): Schema {
  const tallies = [...events.values()];
  const days = tallies.flatMap(({ firstDay, lastDay }) => [firstDay, lastDay]);
  days.sort((left, right) => left - right);
  const [first, last] = [days[0], days.at(-1)];
  return {
    eventCount: tallies.reduce((sum, { count }) => sum + count, 0),
    firstDay: first === undefined ? null : dayText(first),
    lastDay: last === undefined ? null : dayText(last),
    events: Array.from(events, ([event, { count, firstDay, lastDay }]) => ({
      event,
      count,
      firstDay: dayText(firstDay),
      lastDay: dayText(lastDay),
    })).sort((left, right) => right.count - left.count || compareText(left.event, right.event)),
    properties: Array.from(properties, ([property, types]) => ({
      property,
      count: Array.from(types.values()).reduce((sum, { count }) => sum + count, 0),
      types: Array.from(types, ([type, { count, examples }]) => ({ type, count, examples })).sort(
        (left, right) => right.count - left.count || compareText(left.type, right.type),
      ),
    })).sort(
      (left, right) => right.count - left.count || compareText(left.property, right.property),
    ),
  };
}
