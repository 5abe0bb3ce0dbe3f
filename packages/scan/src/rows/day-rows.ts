import type { Day, ShardId } from "@shale/model";
import type { ScanDictionaries } from "../cache/scan-dictionaries.ts";
import type { ScanProperty } from "../scan-batch.ts";
import type { Deletions } from "./deletions.ts";
import { hiddenRows } from "./deletions.ts";
import { findDuplicates } from "./find-duplicates.ts";
import type { SourceRows } from "./source-rows.ts";

/** The rows that a source has of a shard-day, ascending. */
export interface SourcePart {
  readonly source: SourceRows;
  readonly rows: Uint32Array;
}

/** The rows of one shard's day, deduplicated (R3), source after source in ascending row order. */
export interface DayRows {
  /** Codes below are theirs. */
  readonly dictionaries: ScanDictionaries;
  /** Numbers of the sources in order: equal signatures, equal rows. */
  readonly signature: readonly number[];
  readonly rowsRead: number;
  readonly rowCount: number;
  /** Source i has rows [sourceStarts[i], sourceStarts[i + 1]). */
  readonly sourceStarts: Uint32Array;
  /** The row in its source. */
  readonly sourceRows: Uint32Array;
  readonly userCodes: Uint32Array;
  readonly eventCodes: Uint32Array;
  readonly timesMs: Float64Array;
  /** Those asked for so far; undefined when no row of the day has it. */
  readonly properties: Map<string, ScanProperty | undefined>;
}

export interface DayPlace {
  readonly shard: ShardId;
  readonly day: Day;
  readonly signature: readonly number[];
}

/**
 * @param deletions The users whose rows are hidden; undefined when no row of the parts can be.
 */
export function dayRowsOf(
  place: DayPlace,
  parts: readonly SourcePart[],
  dictionaries: ScanDictionaries,
  deletions?: Deletions,
): DayRows {
  const rowsRead = parts.reduce((sum, part) => sum + part.rows.length, 0);
  const gathered = gatherRows(parts, rowsRead, dictionaries);
  const duplicates = mayHoldDuplicates(parts) ? findDuplicates(parts, gathered) : undefined;
  const limits = deletions?.limitsOf(dictionaries, place.shard);
  const hidden = hiddenRows({ parts, rows: gathered, limits, duplicates });
  const kept = hidden === undefined ? gathered : withoutRows(gathered, hidden);
  const { signature } = place;
  return {
    dictionaries,
    signature,
    rowsRead,
    rowCount: kept.sourceRows.length,
    ...kept,
    properties: new Map(),
  };
}

/** One source that has no duplicates inside needs no look at insert ids. */
function mayHoldDuplicates(parts: readonly SourcePart[]): boolean {
  return parts.length > 1 || parts.some(({ source }) => !source.distinct);
}

/** Columns of the rows of all parts, one after the other. */
export type GatheredRows = Pick<
  DayRows,
  "sourceStarts" | "sourceRows" | "userCodes" | "eventCodes" | "timesMs"
>;

function gatherRows(
  parts: readonly SourcePart[],
  rowCount: number,
  dictionaries: ScanDictionaries,
): GatheredRows {
  const sourceStarts = new Uint32Array(parts.length + 1);
  const sourceRows = new Uint32Array(rowCount);
  const userCodes = new Uint32Array(rowCount);
  const eventCodes = new Uint32Array(rowCount);
  const timesMs = new Float64Array(rowCount);
  let at = 0;
  for (const [index, { source, rows }] of parts.entries()) {
    const { batch } = source;
    const codes = source.codesIn(dictionaries);
    sourceRows.set(rows, at);
    for (let i = 0; i < rows.length; i++, at++) {
      const row = rows[i] ?? 0;
      userCodes[at] = codes.users[batch.userCodes[row] ?? 0] ?? 0;
      eventCodes[at] = codes.events[batch.eventCodes[row] ?? 0] ?? 0;
      timesMs[at] = batch.timesMs[row] ?? 0;
    }
    sourceStarts[index + 1] = at;
  }
  return { sourceStarts, sourceRows, userCodes, eventCodes, timesMs };
}

function withoutRows(gathered: GatheredRows, hidden: Uint8Array): GatheredRows {
  const keptRows = new Uint32Array(hidden.length);
  let count = 0;
  const sourceStarts = new Uint32Array(gathered.sourceStarts.length);
  for (let source = 0; source + 1 < sourceStarts.length; source++) {
    const end = gathered.sourceStarts[source + 1] ?? 0;
    for (let row = gathered.sourceStarts[source] ?? 0; row < end; row++) {
      if (hidden[row] === 0) keptRows[count++] = row;
    }
    sourceStarts[source + 1] = count;
  }
  const kept = keptRows.subarray(0, count);
  return {
    sourceStarts,
    sourceRows: kept.map((row) => gathered.sourceRows[row] ?? 0),
    userCodes: kept.map((row) => gathered.userCodes[row] ?? 0),
    eventCodes: kept.map((row) => gathered.eventCodes[row] ?? 0),
    timesMs: Float64Array.from(kept, (row) => gathered.timesMs[row] ?? 0),
  };
}

/** The source that a row comes from. */
export function sourceAt({ sourceStarts }: Pick<DayRows, "sourceStarts">, row: number): number {
  let low = 1;
  let high = sourceStarts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sourceStarts[middle] ?? 0) <= row) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const ROW_BYTES = 20;
const PROPERTY_OVERHEAD_BYTES = 256;

/** Memory that the rows take, in bytes: an estimate for the cache. */
export function dayRowsBytes(day: DayRows): number {
  let sum = 1024 + day.rowCount * ROW_BYTES + 8 * day.signature.length;
  for (const property of day.properties.values()) {
    sum += PROPERTY_OVERHEAD_BYTES;
    sum += property?.string?.codes.byteLength ?? 0;
    sum += property?.list?.codes.byteLength ?? 0;
    sum += property?.number?.byteLength ?? 0;
    sum += property?.boolean?.byteLength ?? 0;
  }
  return sum;
}
