import type { Project, Store } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { Env } from "@shale/env";
import type {
  EventInput,
  Query,
  SegmentationQuery,
  StoredEvent,
  TimelineAnswer,
  TimelineQuery,
} from "@shale/model";
import type { ReferenceStore } from "@shale/testing";

export const isLong = process.env["SHALE_TEST_LONG"] === "1";

export interface EngineProcess {
  readonly store: Store;
  readonly project: Project;
}
export interface EngineOptions {
  readonly shards?: number | undefined;
  readonly flushIntervalMs?: number | undefined;
  readonly readOnly?: boolean | undefined;
}

/** Longer than any test: only `flush` and `close` flush. */
export const NEVER_MS = 1e12;

export async function openEngine(env: Env, options: EngineOptions = {}): Promise<EngineProcess> {
  const { shards = 4, flushIntervalMs = NEVER_MS, readOnly } = options;
  const store = await openStore({ env, flushIntervalMs, readOnly, compaction: "off" });
  return { store, project: await store.project("p", { shards }) };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What both a project and the reference can be asked. */
export type Asked = Pick<ReferenceStore, "query"> & {
  events(options?: object): AsyncIterable<StoredEvent>;
};

/** Derived insert ids say where a row lies, which no two stores agree on. */
function masked(event: StoredEvent): StoredEvent {
  return { ...event, insert_id: event.insert_id.startsWith("~") ? "~" : event.insert_id };
}

/** Events that tie but for a derived id have no common order: here they get one. */
function settled(events: readonly StoredEvent[]): StoredEvent[] {
  const key = (event: StoredEvent): string => JSON.stringify([event.event, event]);
  return events.map(masked).sort((a, b) => {
    const times = Date.parse(a.time) - Date.parse(b.time);
    return times || (key(a) < key(b) ? -1 : 1);
  });
}

/** Events in export order; throws where the order is broken. */
export async function exportOf(asked: Asked, options: object = {}): Promise<StoredEvent[]> {
  const events = await collect(asked.events(options));
  checkOrder(events, (event) => [event.time, event.user_id, event.event, event.insert_id]);
  return settled(events);
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
function checkOrder(
  events: readonly StoredEvent[],
  keysOf: (event: StoredEvent) => readonly string[],
): void {
  for (const [index, event] of events.slice(1).entries()) {
    const before = keysOf(events[index]!);
    const order = keysOf(event)
      .map((key, place) => compareBytes(before[place]!, key))
      .find((one) => one !== 0);
    if (order === undefined || order > 0) {
      throw new Error(`Out of order: ${JSON.stringify([events[index], event])}`);
    }
  }
}

/** Every page of a timeline; throws where the order is broken. */
export async function timelineOf(asked: Asked, query: TimelineQuery): Promise<StoredEvent[]> {
  const pages: TimelineAnswer[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await asked.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page);
    cursor = page.cursor;
    if (page.events.length > (query.limit ?? 100)) throw new Error("A page is too long");
    if (page.events.length === 0 && pages.length > 1) throw new Error("A page is empty");
  }
  const events = pages.flatMap((page) => page.events);
  const ascending = query.direction === "desc" ? [...events].reverse() : events;
  checkOrder(ascending, (event) => [event.time, event.event, event.insert_id]);
  return settled(events);
}

/** An answer without what may differ between runs. */
export async function answerOf(asked: Asked, query: SegmentationQuery): Promise<object> {
  const { meta, ...answer } = await asked.query(query);
  if (meta.timezone !== (query.timezone ?? "UTC")) throw new Error("Another timezone");
  return answer;
}

/** Every question of a test, answered: what two stores with the same events must agree on. */
export async function answersOf(asked: Asked, queries: readonly Query[]): Promise<unknown[]> {
  const answers: unknown[] = [await exportOf(asked)];
  for (const query of queries) {
    if (query.kind === "segmentation") answers.push(await answerOf(asked, query));
    else if (query.kind === "timeline") answers.push(await timelineOf(asked, query));
  }
  return answers;
}

/** `count` events of one append: row i of `name` is for user i mod 3, a minute after the last. */
export function appendOf(name: string, count: number): EventInput[] {
  return Array.from({ length: count }, (_, row) => ({
    event: row % 2 === 0 ? "view" : "buy",
    user_id: `u${row % 3}`,
    time: Date.UTC(2025, 11, 30) + row * 60_000,
    properties: { append: name, row },
  }));
}

/** Questions that see every row that `appendOf` makes. */
export const plainQueries: readonly Query[] = [
  {
    kind: "segmentation",
    from: "2025-12-30",
    to: "2026-01-01",
    unit: "day",
    by: ["append"],
    limit: 3,
    series: [
      { select: {}, measure: "total" },
      { select: { event: "buy" }, measure: "unique" },
    ],
  },
  { kind: "timeline", user_id: "u1", limit: 4 },
];
