import type { PlainTable } from "@shale/arrow";
import type { CollectionReport, DeletionReceipt } from "@shale/catalog";
import type { CompactionReport } from "@shale/compaction";
import type {
  Acknowledgement,
  AnswerOf,
  Durability,
  EventInput,
  EventOf,
  EventVocabulary,
  Filter,
  Instant,
  QueryKind,
  QueryOf,
  RejectionCode,
  StoredEvent,
  VocabularyOf,
} from "@shale/model";
import type { Reshard } from "@shale/reshard";
import type { SqlValue } from "@shale/sql";
import type { Table } from "apache-arrow";
import type { Diagnosis } from "./doctor/diagnosis.ts";
import type { VerificationReport } from "./verify/verification.ts";

/** What long work reports. `total` and `etaMs` are null while they are not known. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  readonly perSecond: number;
  readonly etaMs: number | null;
}
export type OnProgress = (progress: Progress) => void;

export interface AppendOptions {
  /** "wal" (fsynced on this disk; the default where there is one) or "committed" (in the store). */
  readonly durability?: Durability | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QueryOptions {
  /** Reads a named sharding spec in place of the live one. */
  readonly spec?: string | undefined;
  /** `meta.snapshot` of an earlier answer: the same cut again. @throws SNAPSHOT_EXPIRED */
  readonly snapshot?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly deadlineMs?: number | undefined;
  readonly memoryBytesMax?: number | undefined;
}

export interface SqlOptions {
  /** For the places `$1`, `$2`, … of the statement. */
  readonly values?: readonly SqlValue[] | undefined;
  readonly spec?: string | undefined;
  /** As for queries. */
  readonly snapshot?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly memoryBytesMax?: number | undefined;
}

/** What a query would read, and what it leaves out for which reason. Nothing is counted. */
export interface QueryPlan {
  kind: QueryKind;
  /** One after the other; a further pass for what lies behind a limit is not among them. */
  passes: QueryPlanPass[];
}
export interface QueryPlanPass {
  /** What progress calls it. */
  phase: string;
  /** ISO; null: as far back, or forward, as there are events. */
  from: string | null;
  to: string | null;
  /** Names of the properties that are read. */
  columns: readonly string[] | "all";
  /** By shard and UTC day; `from` "footers": no row is read. */
  days: QueryPlanDay[];
  /** Sums over `days`. */
  files: number;
  rows: number;
  bytes: number;
  /** Tail objects that are read, each whole, and their rows of the range. */
  tailObjects: number;
  tailRows: number;
  /** Rows of this process that are in no object yet. */
  memoryRows: number;
  /**
   * Files left out: no day of the range; no shard that is asked; none of the events, by the
   * manifest; none of them by the footer, where the manifest did not tell; no value that a
   * condition allows. For the last two the footer was read.
   */
  pruned: { day: number; shard: number; events: number; footerEvents: number; values: number };
}
export interface QueryPlanDay {
  shard: number;
  day: string;
  files: number;
  rows: number;
  /** Of the columns that are read. */
  bytes: number;
  from: "rows" | "footers";
}

/** One input of `ingest`: bytes of NDJSON (or one JSON array), and what to call it in rejections. */
export interface IngestSource {
  readonly file: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Bytes to expect, for progress; undefined when unknown. */
  readonly sizeBytes?: number | undefined;
}
export interface IngestOptions {
  /**
   * "file-line": an event without an insert_id gets `<file>:<line>`, so that ingesting the same
   * file again changes no answer. Default "none".
   */
  readonly insertIds?: "none" | "file-line" | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}
export interface IngestRejection {
  readonly file: string;
  readonly line: number;
  readonly code: RejectionCode;
  readonly message: string;
}
export interface IngestReport {
  readonly accepted: number;
  /** Repeats of a key within this call, counted in `accepted` too. */
  readonly duplicates: number;
  readonly rejectedCount: number;
  /** The first 1,000. */
  readonly rejected: readonly IngestRejection[];
  readonly eventsPerSecond: number;
}

export interface EventsOptions<V extends EventVocabulary = EventVocabulary> {
  /** Default: the whole history. Half-open [from, to). */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly timezone?: string | undefined;
  readonly where?: Filter<V> | undefined;
  /** At most so many events. */
  readonly limit?: number | undefined;
  readonly snapshot?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}
export interface ExportOptions<V extends EventVocabulary = EventVocabulary>
  extends EventsOptions<V> {
  /**
   * "ndjson" (the default); "parquet", one file; "arrow", one IPC stream. The last two have a
   * column for each property of the snapshot's events, named as in SQL: docs/arrow.md.
   */
  readonly format?: "ndjson" | "parquet" | "arrow" | undefined;
  /** Writes `~<writer>-<seq>` where no insert_id was sent; default false leaves them out. */
  readonly withDerivedIds?: boolean | undefined;
  /** Called before each chunk with the number of events that are in it and those before. */
  readonly onEvents?: ((events: number) => void) | undefined;
}

export interface CompactOptions {
  /**
   * "full" (the default): drains what stands in the tail now and settles every shard-day. "due":
   * only what a writing process does in the background.
   */
  readonly mode?: "full" | "due" | undefined;
  /** Says what would be done first, and writes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}
export interface CollectOptions {
  /**
   * How long an object stays after it was found unreachable, by the store's time. Default an hour,
   * or 0 when no other live process is known.
   */
  readonly graceMs?: number | undefined;
  /** Says what would be done, and writes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}
export interface DeleteUsersOptions {
  /** How long other writers may take to hear of it, ms; default 15,000. The receipt names the rest. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
export interface RetentionSetting {
  /** null: events are kept for ever. */
  readonly keepMs: number | null;
  /** First UTC day that is shown, in days since 1970-01-01; null when nothing is hidden. */
  readonly firstDay: number | null;
}

export interface SpecStatus {
  spec: string;
  shards: number;
  /** Rows kept, duplicates included. */
  events: number;
  bytes: number;
  dayFiles: number;
  tailEvents: number;
  /** Rows of the fullest shard and rows of the mean shard. */
  skew: { max: number; mean: number };
}
export interface WriterStatus {
  writer: number;
  state: "live" | "unreachable" | "sealed" | "forgotten";
  host: string;
  pid: number;
  /** Greatest seq in the tail; 0 when nothing was flushed. */
  lastSeq: number;
  tailObjects: number;
  /** Age of the last heartbeat in ms; null when there is none. */
  heartbeatAgeMs: number | null;
}
export interface LogStatus {
  writer: number;
  folder: string;
  reason: string;
}
export interface ProjectStatus {
  project: string;
  live: string;
  generation: number;
  specs: SpecStatus[];
  writers: WriterStatus[];
  /** Logs on this disk that cannot be read (protocol W5). */
  unreadableLogs: LogStatus[];
  files?: StatusFile[];
}
/** A live object with rows: the day files of the manifests, and tail objects that no file covers. */
export interface StatusFile {
  key: string;
  bytes: number;
  kind: "tail" | "day";
  /** Duplicates included. */
  rows: number;
  /** Of a day file. */
  shard?: number;
  /** Of a day file: its UTC day, `2026-10-01`. */
  day?: string;
}

/** What the events are called and hold; duplicates are counted once. */
export interface ProjectSchema {
  readonly eventCount: number;
  /** First and last UTC day with an event, `2026-10-01`; null without events. */
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  /** The commonest first. */
  readonly events: readonly EventSchema[];
  /** Those on most events first. */
  readonly properties: readonly PropertySchema[];
}
export interface EventSchema {
  readonly event: string;
  readonly count: number;
  readonly firstDay: string;
  readonly lastDay: string;
}
export interface PropertySchema {
  readonly property: string;
  /** Events that have it. */
  readonly count: number;
  /** The commonest type first, with up to three values as examples. */
  readonly types: readonly {
    readonly type: "string" | "number" | "boolean" | "list";
    readonly count: number;
    readonly examples: readonly (string | number | boolean)[];
  }[];
}

export interface VerificationOptions {
  /** Also decodes every row, which takes about as long as an export. */
  readonly full?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** One tenant: its events, its catalog, its shards. Every method may throw STORE_UNAVAILABLE and STORE_CLOSED. */
export interface Project<
  V extends EventVocabulary = EventVocabulary,
  Input extends EventInput = EventInput,
> {
  readonly id: string;
  append(events: readonly Input[], options?: AppendOptions): Promise<Acknowledgement>;
  /** Appends NDJSON from files or streams and commits it; SIGINT-safe: what it reported is kept. */
  ingest(sources: readonly IngestSource[], options?: IngestOptions): Promise<IngestReport>;
  query<K extends QueryKind>(
    query: QueryOf<V>[K] & { readonly kind: K },
    options?: QueryOptions,
  ): Promise<AnswerOf[K]>;
  /** What a query would read now, without reading it. */
  explain<K extends QueryKind>(
    query: QueryOf<V>[K] & { readonly kind: K },
    options?: Pick<QueryOptions, "spec" | "snapshot" | "signal">,
  ): Promise<QueryPlan>;
  /**
   * SQL over one snapshot, read-only: table `events`, each visible event once, properties as typed
   * columns. Values of the template are bound, never text. Needs the package @duckdb/node-api.
   *
   * @throws {ShaleError} PACKAGE_MISSING, SQL_INVALID, MEMORY_EXCEEDED
   */
  sql(texts: TemplateStringsArray, ...values: readonly SqlValue[]): Promise<Table>;
  /** The same for a statement as text, with options; its answer as plain columns. */
  querySql(statement: string, options?: SqlOptions): Promise<PlainTable>;
  /** Events of one snapshot by (UTC day, time, user_id, event, insert_id), with backpressure. */
  events(options?: EventsOptions<V>): AsyncIterable<StoredEvent>;
  /**
   * The same as bytes: NDJSON, whole lines a chunk, or a Parquet file or Arrow stream in pieces.
   *
   * @throws {ShaleError} OPTION_INVALID, QUERY_INVALID, SNAPSHOT_EXPIRED, CANCELLED
   */
  export(options?: ExportOptions<V>): AsyncIterable<Uint8Array>;
  /** Puts every acknowledged row of this process into the store, visible to all. */
  flush(): Promise<void>;
  status(options?: { readonly files?: boolean | undefined }): Promise<ProjectStatus>;
  schema(): Promise<ProjectSchema>;
  /** Puts the tail into sorted day files, and day files into fewer. @throws STORE_READ_ONLY */
  compact(options?: CompactOptions): Promise<CompactionReport>;
  /** Deletes what nothing reaches any more, and days that are no longer kept. @throws STORE_READ_ONLY */
  collect(options?: CollectOptions): Promise<CollectionReport>;
  /**
   * Hides every event of the users that was acknowledged before; the next compact and collect
   * remove them for good. Events of theirs that come later are shown.
   *
   * @throws {ShaleError} OPTION_INVALID, STORE_READ_ONLY
   */
  deleteUsers(userIds: readonly string[], options?: DeleteUsersOptions): Promise<DeletionReceipt>;
  /**
   * How long events are kept by their UTC day: a span such as "400d", ms, or null for ever. Older
   * days are hidden and dropped at each collect.
   *
   * @throws {ShaleError} OPTION_INVALID, STORE_READ_ONLY
   */
  setRetention(keep: string | number | null): Promise<RetentionSetting>;
  retention(): Promise<RetentionSetting>;
  /** Checks every object, checksum, placement and rule. Damage is a finding and no error. */
  verify(options?: VerificationOptions): Promise<VerificationReport>;
  /** What is stuck, and which command is next. */
  diagnose(options?: { readonly signal?: AbortSignal | undefined }): Promise<Diagnosis>;
  /** Names the cut at which a query would stand now. */
  snapshot(): Promise<string>;
  /** Changes the number of shards while the project is in use. */
  readonly reshard: Reshard;
  /** Declares an unreadable log lost (protocol W5), audited. @throws WRITER_NOT_FORGETTABLE, WRITER_UNKNOWN */
  forgetWriter(ordinal: number): Promise<{ writer: number; lastSeq: number }>;
}

/**
 * A project whose events are defined: `const shop: ProjectOf<typeof events> = await
 * store.project("shop")`. What is appended and what queries name is checked by the compiler.
 */
export type ProjectOf<Events> = Project<VocabularyOf<Events>, EventOf<Events>>;

export interface Store extends AsyncDisposable {
  /** Ids of all projects, sorted. */
  projects(): Promise<string[]>;
  /**
   * Opens a project; with `create` not "never", makes it on first use with `shards` (default 8),
   * which is ignored afterwards.
   *
   * @throws {ShaleError} PROJECT_NOT_FOUND when it does not exist and the store is read-only or
   * `create` is "never".
   */
  project(
    id: string,
    options?: {
      readonly shards?: number | undefined;
      readonly create?: "if-missing" | "never" | undefined;
    },
  ): Promise<Project>;
  /** Drains, flushes, seals; idempotent. */
  close(): Promise<void>;
}
