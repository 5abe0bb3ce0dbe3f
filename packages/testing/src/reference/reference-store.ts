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
  SegmentationAnswer,
  SegmentationQuery,
  StoredEvent,
  TimelineAnswer,
  TimelineQuery,
  UsersAnswer,
  UsersQuery,
} from "@shale/model";
import { DAY_MS, ShaleError, unreachable } from "@shale/model";
import { flowOf } from "./flow/reference-flow.ts";
import { funnelOf } from "./funnel/reference-funnel.ts";
import { lifecycleOf, stickinessOf } from "./reference-activity.ts";
import { instantMsOf, spanMsOf } from "./reference-calendar.ts";
import type { ReferenceEvent } from "./reference-event.ts";
import { dedupeKeyOf, referenceEventOf, storedEventOf } from "./reference-event.ts";
import { satisfies } from "./reference-filter.ts";
import { retentionOf } from "./reference-retention.ts";
import { segmentationOf, skippedOf } from "./reference-segmentation.ts";
import { compareExported, timelinePage } from "./reference-timeline.ts";
import type { ReferenceNow } from "./users/reference-cohort.ts";
import { usersOf, usersPage } from "./users/reference-users.ts";
import { withoutCohorts } from "./users/without-cohorts.ts";

/**
 * A project that is obviously right: the oracle of differential tests. A project can stand in for
 * it; what the verbs resolve to that only change something is for a project to say.
 */
export interface ReferenceStore {
  /** Keeps the events. They must be valid: the reference looks for no faults. */
  append(events: readonly EventInput[], options?: ReferenceAppendOptions): Promise<Acknowledgement>;
  /** Removes what these users have sent so far, for ever; what they send later stays. */
  deleteUsers(userIds: readonly string[]): Promise<unknown>;
  /** How long whole UTC days are kept: `"400d"` or ms; null: for ever. Hides nothing by itself. */
  setRetention(keep: string | number | null): Promise<unknown>;
  /**
   * Hides the events of days before the UTC day of (now - keep), those appended later too. Days
   * that were hidden once stay hidden.
   */
  collect(options?: { readonly dryRun?: boolean | undefined }): Promise<unknown>;
  /** Answers every kind. */
  query<K extends QueryKind>(
    query: QueryOf[K] & { readonly kind: K },
    options?: { readonly snapshot?: string | undefined },
  ): Promise<AnswerOf[K]>;
  /** Events by (UTC day, time, user_id, event, insert_id). */
  events(options?: ReferenceEventsOptions): AsyncIterable<StoredEvent>;
  /** Names the present state for `query` and `events`. */
  snapshot(): Promise<string>;
}
export interface ReferenceAppendOptions {
  readonly durability?: Durability | undefined;
  /**
   * Where the first event stands in the log of some store; the others follow it. Names the derived
   * ids, and decides which of two events with one key stays. Default: after all others.
   */
  readonly place?: LogPlace | undefined;
}
/** Events of all writers are ordered by (seq, writer). */
export interface LogPlace {
  readonly writer: number;
  readonly seq: number;
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
  /** For `meta.asOf` and `collect`; default: the system's. */
  readonly clock?: Clock | undefined;
}

interface PlacedEvent {
  readonly place: LogPlace;
  readonly event: ReferenceEvent;
}
type LogEntry =
  | { readonly append: PlacedEvent }
  | { readonly deleteUser: string }
  | { readonly firstDayMs: number };
const FIRST_SEQ = 1_000_000_000; // So that derived ids sort as texts the way their numbers do.

function isAfter(a: LogPlace, b: LogPlace): boolean {
  return a.seq > b.seq || (a.seq === b.seq && a.writer > b.writer);
}

/** What stands after the first `length` entries: of events with one key, the one appended last. */
function stateOf(log: readonly LogEntry[], length: number): ReferenceEvent[] {
  const kept = new Map<string, PlacedEvent>();
  let firstDayMs = -Infinity;
  for (const entry of log.slice(0, length)) {
    if ("append" in entry) {
      const key = dedupeKeyOf(entry.append.event);
      const rival = kept.get(key);
      if (rival === undefined || isAfter(entry.append.place, rival.place)) {
        kept.set(key, entry.append);
      }
    } else if ("deleteUser" in entry) {
      for (const [key, { event }] of kept) {
        if (event.user_id === entry.deleteUser) kept.delete(key);
      }
    } else {
      firstDayMs = Math.max(firstDayMs, entry.firstDayMs);
    }
  }
  return [...kept.values()].map(({ event }) => event).filter(({ timeMs }) => timeMs >= firstDayMs);
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

function nowOf(query: Query, nowMs: number): ReferenceNow {
  const timezone = ("timezone" in query ? query.timezone : undefined) ?? "UTC";
  const asOf = "asOf" in query ? query.asOf : undefined;
  return { asOfMs: asOf === undefined ? nowMs : instantMsOf(asOf, timezone), timezone };
}

interface UsersPlace {
  readonly snapshot: string;
  readonly nowMs: number;
}

/** Where a list of users goes on: its pages have one snapshot and one now. */
function placeOf({ cursor }: UsersQuery, first: UsersPlace): UsersPlace & { skip: number } {
  if (cursor === undefined) return { ...first, skip: 0 };
  const [, snapshot, skip, nowMs] = /^(\d+)-(\d+)-(\d+)$/.exec(cursor) ?? [];
  if (snapshot === undefined) throw new ShaleError("CURSOR_INVALID", `Cannot go on at ${cursor}`);
  return { snapshot, skip: Number(skip), nowMs: Number(nowMs) };
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
  let keepMs: number | null = null;

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
  function segmentationAnswer(query: SegmentationQuery, snapshot: string): SegmentationAnswer {
    const meta = metaOf(query, snapshot, clock);
    meta.stats.skipped = skippedOf(stateAt(snapshot), query);
    return { ...segmentationOf(stateAt(snapshot), query), meta };
  }
  function usersAnswer(query: UsersQuery, snapshot: string): UsersAnswer {
    const place = placeOf(query, { snapshot, nowMs: clock.nowMs() });
    const users = usersOf(stateAt(place.snapshot), query, place.nowMs);
    const { hasMore, ...page } = usersPage(users, query, place.skip);
    const next = [place.snapshot, place.skip + page.users.length, place.nowMs].join("-");
    const meta = metaOf(query, place.snapshot, { ...clock, nowMs: () => place.nowMs });
    return { kind: "users", ...page, cursor: hasMore ? next : null, meta };
  }
  function answer(asked: Query, snapshot: string): AnswerOf[QueryKind] {
    if (asked.kind === "users") return usersAnswer(asked, snapshot);
    const query = withoutCohorts(stateAt(snapshot), asked, nowOf(asked, clock.nowMs()));
    switch (query.kind) {
      case "segmentation":
        return segmentationAnswer(query, snapshot);
      case "funnel":
        return {
          ...funnelOf(stateAt(snapshot), query, clock.nowMs()),
          meta: metaOf(query, snapshot, clock),
        };
      case "retention":
        return {
          ...retentionOf(stateAt(snapshot), query, clock.nowMs()),
          meta: metaOf(query, snapshot, clock),
        };
      case "flow":
        return {
          ...flowOf(stateAt(snapshot), query, clock.nowMs()),
          meta: metaOf(query, snapshot, clock),
        };
      case "lifecycle":
        return { ...lifecycleOf(stateAt(snapshot), query), meta: metaOf(query, snapshot, clock) };
      case "stickiness":
        return { ...stickinessOf(stateAt(snapshot), query), meta: metaOf(query, snapshot, clock) };
      case "timeline":
        return timelineAnswer(query, snapshot);
      default:
        return unreachable(query);
    }
  }

  return {
    async append(inputs, { durability = "wal", place } = {}) {
      const { writer, seq: first } = place ?? { writer: 1, seq: FIRST_SEQ + appendCount };
      const events = inputs.map((input, index) =>
        referenceEventOf(input, `~${writer}-${first + index}`),
      );
      appendCount += inputs.length;
      log.push(
        ...events.map((event, index) => ({
          append: { event, place: { writer, seq: first + index } },
        })),
      );
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
    async setRetention(keep) {
      keepMs = typeof keep === "string" ? spanMsOf(keep) : keep;
    },
    async collect({ dryRun = false } = {}) {
      if (keepMs === null || dryRun) return;
      log.push({ firstDayMs: Math.floor((clock.nowMs() - keepMs) / DAY_MS) * DAY_MS });
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
      const state = stateAt(snapshot ?? String(log.length));
      const now = { asOfMs: clock.nowMs(), timezone };
      const filter = withoutCohorts(state, { where }, now).where;
      const found = state
        .filter(({ timeMs }) => fromMs <= timeMs && timeMs < toMs)
        .filter((event) => filter === undefined || satisfies(event, filter))
        .sort(compareExported);
      yield* found.slice(0, limit ?? found.length).map(storedEventOf);
    },
    async snapshot() {
      return String(log.length);
    },
  };
}
