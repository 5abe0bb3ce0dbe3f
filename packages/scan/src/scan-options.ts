import type { ColumnExtent, DayFileEntry, DayFileFooter } from "@shale/format";
import type { Day, ShardId } from "@shale/model";
import type { TailCache } from "./cache/tail-cache.ts";

export interface ScanOptions {
  readonly cache: TailCache;
  /** All shards of the pin's spec when left out. */
  readonly shards?: readonly ShardId[] | undefined;
  /** Only days that overlap [fromMs, toMs): the rows of such a day come all. May be infinite. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Properties wanted, by name; "all": each that a row has. */
  readonly columns: readonly string[] | "all";
  /**
   * "user": the rows of a user stand together, ordered by time, event name and insert_id, bytewise.
   * The users come in any order.
   */
  readonly order: "none" | "user";
  /** "events": `insertIdAt`, `seqAt`, `writerAt` and `eventAt` of the batches work. Default "columns". */
  readonly detail?: "columns" | "events" | undefined;
  /** "shard": a shard after the other, each with all its days; "day": a day after the other, with
   * all its shards. Default "shard". */
  readonly major?: "shard" | "day" | undefined;
  /** Order of the days. Default "ascending". */
  readonly days?: "ascending" | "descending" | undefined;
  /** A shard-day in day files of which no row matters, by what they say of themselves, is left out. */
  readonly wanted?: RowsWanted | undefined;
  /** Shard-days that their footers can answer for do not come as batches, but here (R4). */
  readonly takeFooter?: ((day: FooterDay) => void) | undefined;
  readonly stats?: ScanStats | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which rows matter: each has one of the events and all of the values. */
export interface RowsWanted {
  /** Not given: every event. */
  readonly events: readonly string[] | undefined;
  readonly values: readonly ValueWanted[];
}
export interface ValueWanted {
  readonly property: string;
  /** False: no value of these can be one that is wanted. */
  mayHold(extent: ColumnExtent): boolean;
}

/** What the footers of a settled shard-day say of its rows. */
export interface FooterDay {
  readonly shard: ShardId;
  readonly day: Day;
  readonly rows: number;
  /** Distinct users, "" left out. */
  readonly users: number;
  /** Rows by event name. */
  readonly events: ReadonlyMap<string, number>;
  /** They hold its rows, each once, and no row that is hidden. */
  readonly files: readonly FooterFile[];
}
export interface FooterFile {
  readonly entry: DayFileEntry;
  readonly footer: DayFileFooter;
}

/** What a scan cost. The scan adds to it while it runs. */
export interface ScanStats {
  /** Day files and tail objects in the pin. */
  filesPlanned: number;
  /** Of them, those that were not opened: a manifest or a header told that they do not matter. */
  filesPruned: number;
  /** Of them, the tail objects that were read. */
  tailRead: number;
  /** Of them, those whose footer answered in place of their rows. */
  filesFromFooter: number;
  /** Rows read, duplicates and hidden ones included. */
  rowsScanned: number;
  /** Rows that will be read when the scan is drained, known once it has begun. */
  rowsPlanned: number;
  readonly bytesRead: { memory: number; disk: number; store: number };
  /** Time of the earliest and latest row in the pin, hidden ones left out; null without rows. */
  minTimeMs: number | null;
  maxTimeMs: number | null;
}

export function createScanStats(): ScanStats {
  return {
    filesPlanned: 0,
    filesPruned: 0,
    tailRead: 0,
    filesFromFooter: 0,
    rowsScanned: 0,
    rowsPlanned: 0,
    bytesRead: { memory: 0, disk: 0, store: 0 },
    minTimeMs: null,
    maxTimeMs: null,
  };
}
