import type { Clock } from "@shale/env";
import { systemClock } from "@shale/env";
import type {
  Acknowledgement,
  AnswerMeta,
  AnswerOf,
  Durability,
  EventInput,
  Filter,
  Instant,
  Query,
  QueryKind,
  QueryOf,
  StoredEvent,
  TimelineAnswer,
  TimelineQuery,
} from "@shale/model";
import { ShaleError } from "@shale/model";
import { instantMsOf } from "./reference-calendar.ts";
import type { ReferenceEvent } from "./reference-event.ts";
import { dedupeKeyOf, referenceEventOf, storedEventOf } from "./reference-event.ts";
import { satisfies } from "./reference-filter.ts";
import { segmentationOf } from "./reference-segmentation.ts";
import { compareExported, timelinePage } from "./reference-timeline.ts";

/** A project that is obviously right: the oracle of differential tests. */
export interface ReferenceStore {
  /** Keeps the events. They must be valid: the reference looks for no faults. */
  append(
    events: readonly EventInput[],
    options?: { readonly durability?: Durability | undefined },
  ): Promise<Acknowledgement>;
  /** Removes what these users have sent so far; what they send later stays. */
  deleteUsers(userIds: readonly string[]): Promise<void>;
  /** Answers segmentation (total, unique) and timeline; other kinds are QUERY_NOT_BUILT. */
  query<K extends QueryKind>(
    query: QueryOf[K] & { readonly kind: K },
    options?: { readonly snapshot?: string | undefined },
  ): Promise<AnswerOf[K]>;
  /** Events by (UTC day, time, user_id, event, insert_id). */
  events(options?: ReferenceEventsOptions): AsyncIterable<StoredEvent>;
  /** Names the present state for `query` and `events`. */
  snapshot(): Promise<string>;
}
export interface ReferenceEventsOptions {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly timezone?: string | undefined;
  readonly where?: Filter | undefined;
  readonly limit?: number | undefined;
  readonly snapshot?: string | undefined;
}

export interface ReferenceStoreOptions {
  /** Only for `meta.asOf`; default: the system's. */
  readonly clock?: Clock | undefined;
}

type LogEntry = { readonly append: ReferenceEvent } | { readonly deleteUser: string };
const FIRST_SEQ = 1_000_000_000; // So that derived ids sort as texts the way their numbers do.

/** What stands after the first `length` entries: of events with one key, the one appended last. */
function stateOf(log: readonly LogEntry[], length: number): ReferenceEvent[] {
  const events = new Map<string, ReferenceEvent>();
  for (const entry of log.slice(0, length)) {
    if ("append" in entry) {
      events.set(dedupeKeyOf(entry.append), entry.append);
      continue;
    }
    for (const [key, event] of events) {
      if (event.user_id === entry.deleteUser) events.delete(key);
    }
  }
  return [...events.values()];
}

function metaOf(query: Query, snapshot: string, clock: Clock): AnswerMeta {
  const asOf = "asOf" in query ? query.asOf : undefined;
  const timezone = ("timezone" in query ? query.timezone : undefined) ?? "UTC";
  const asOfMs = asOf === undefined ? clock.nowMs() : instantMsOf(asOf, timezone);
  return {
    asOf: new Date(asOfMs).toISOString(),
    spec: "A",
    snapshot,
    timezone,
    stats: {
      filesPlanned: 0,
      filesPruned: 0,
      filesFromFooter: 0,
      rowsScanned: 0,
      bytesRead: { memory: 0, disk: 0, store: 0 },
      shards: 1,
      retries: 0,
      skipped: 0,
      tieOverflow: 0,
      historyFrom: null,
      elapsedMs: 0,
    },
  };
}

function parseCursor(cursor: string): { readonly snapshot: string; readonly skip: number } {
  const match = /^(\d+)-(\d+)$/.exec(cursor);
  if (match === null) throw new ShaleError("CURSOR_INVALID", `Cannot go on at ${cursor}`);
  return { snapshot: String(match[1]), skip: Number(match[2]) };
}

/**
 * A store in memory with the interface of a project, written to be read: one event at a time, by
 * the text of the query semantics, sharing no code with the engine.
 */
export function referenceStore(
  options: { readonly clock?: Clock | undefined } = {},
): ReferenceStore {
  const clock = options.clock ?? systemClock();
  const log: LogEntry[] = [];
  let appendCount = 0;

  function stateAt(snapshot: string): ReferenceEvent[] {
    return stateOf(log, Number(snapshot));
  }
  function timelineAnswer(query: TimelineQuery, snapshot: string): TimelineAnswer {
    const place = query.cursor === undefined ? { snapshot, skip: 0 } : parseCursor(query.cursor);
    const page = timelinePage(stateAt(place.snapshot), query, place.skip);
    const next = `${place.snapshot}-${place.skip + page.events.length}`;
    return {
      kind: "timeline",
      events: page.events,
      cursor: page.hasMore ? next : null,
      meta: metaOf(query, place.snapshot, clock),
    };
  }
  function answer(query: Query, snapshot: string): AnswerOf[QueryKind] {
    switch (query.kind) {
      case "segmentation":
        return {
          ...segmentationOf(stateAt(snapshot), query),
          meta: metaOf(query, snapshot, clock),
        };
      case "timeline":
        return timelineAnswer(query, snapshot);
      default:
        throw new ShaleError("QUERY_NOT_BUILT", `Cannot answer ${query.kind} in this version`);
    }
  }

  return {
    async append(inputs, { durability = "wal" } = {}) {
      const first = FIRST_SEQ + appendCount;
      const events = inputs.map((input, index) => referenceEventOf(input, `~1-${first + index}`));
      appendCount += inputs.length;
      log.push(...events.map((append) => ({ append })));
      return {
        accepted: events.length,
        duplicates: events.length - new Set(events.map(dedupeKeyOf)).size,
        rejected: [],
        seq: events.length === 0 ? null : { first, last: first + events.length - 1 },
        durability,
      };
    },
    async deleteUsers(userIds) {
      log.push(...userIds.map((deleteUser) => ({ deleteUser })));
    },
    async query<K extends QueryKind>(
      query: QueryOf[K] & { readonly kind: K },
      { snapshot }: { readonly snapshot?: string | undefined } = {},
    ): Promise<AnswerOf[K]> {
      // The kind of the answer follows that of the query, which the compiler cannot see.
      return answer(query, snapshot ?? String(log.length)) as AnswerOf[K];
    },
    async *events({ from, to, timezone = "UTC", where, limit, snapshot } = {}) {
      const fromMs = from === undefined ? -Infinity : instantMsOf(from, timezone);
      const toMs = to === undefined ? Infinity : instantMsOf(to, timezone);
      const found = stateAt(snapshot ?? String(log.length))
        .filter(({ timeMs }) => fromMs <= timeMs && timeMs < toMs)
        .filter((event) => where === undefined || satisfies(event, where))
        .sort(compareExported);
      yield* found.slice(0, limit ?? found.length).map(storedEventOf);
    },
    async snapshot() {
      return String(log.length);
    },
  };
}
