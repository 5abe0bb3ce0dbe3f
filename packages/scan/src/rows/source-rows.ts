import type { EventBatch, LoggedBatch, PropertyColumn, TextColumn } from "@shale/columns";
import { batchBytes } from "@shale/columns";
import type { ScanDictionaries } from "../cache/scan-dictionaries.ts";
import { translationOf, userCodesOf } from "../cache/scan-dictionaries.ts";
import type { RowOutline, RowPartition } from "./partition-rows.ts";
import { partitionRows } from "./partition-rows.ts";

/** Which shard-days an immutable batch has rows of. */
export interface SourceOutline {
  /** Names the batch while the cache lives. */
  readonly id: number;
  readonly parts: RowOutline;
}

/** What is read of a source beside users, events and times. A batch of the log has all of it. */
export interface SourceNeed {
  /** insert_id, seq and writer. */
  readonly places: boolean;
  /** By name. */
  readonly properties: readonly string[] | "all";
}

/** A batch of the tail, of a writer's memory or of a day file, its rows sorted by shard and day. */
export interface SourceRows extends SourceOutline {
  /** Of a day file: without the columns that were not asked for. */
  readonly batch: EventBatch;
  /** By row; empty where places were not asked for. */
  readonly seqs: Float64Array;
  readonly parts: RowPartition;
  readonly byteCount: number;
  /** No two of its rows have the same key (R3). */
  readonly distinct: boolean;
  /** Needs places. */
  writerAt(row: number): number;
  /** The codes of its dictionaries in the shared ones, translated when first asked for. */
  codesIn(dictionaries: ScanDictionaries): SourceCodes;
}

export interface SourceCodes {
  /** By user of the batch: the code in the table of the user's shard. */
  readonly users: Uint32Array;
  readonly events: Uint32Array;
  textsOf(column: TextColumn): Uint32Array;
}

/** The columns of one property in a batch, at most one of each kind. */
export function columnsOf(batch: EventBatch, name: string): readonly PropertyColumn[] {
  return batch.properties.filter((column) => column.name === name);
}

export function createSourceRows(id: number, batch: LoggedBatch, shards: number): SourceRows {
  const parts = partitionRows(batch, shards);
  let translated: ScanDictionaries | undefined;
  let codes: SourceCodes | undefined;
  return {
    id,
    batch,
    seqs: batch.seqs,
    parts,
    byteCount: batchBytes(batch) + partitionBytes(parts) + translationBytes(batch),
    distinct: false,
    writerAt: () => batch.writer,
    codesIn(dictionaries) {
      if (codes === undefined || translated !== dictionaries) {
        codes = translate(batch, dictionaries);
        translated = dictionaries;
      }
      return codes;
    },
  };
}

function partitionBytes({ rows, partCount }: RowPartition): number {
  return rows.byteLength + 12 * partCount;
}

/** Of users and events, which every scan needs; texts of properties are left out. */
function translationBytes({ users, events }: LoggedBatch): number {
  return 4 * (users.ids.count + events.count);
}

function translate(batch: EventBatch, dictionaries: ScanDictionaries): SourceCodes {
  return sourceCodesOf(batch, dictionaries, userCodesOf(dictionaries, batch));
}

/** The codes of a source in the shared dictionaries; those of its users are known. */
export function sourceCodesOf(
  batch: EventBatch,
  dictionaries: ScanDictionaries,
  users: Uint32Array,
): SourceCodes {
  const texts = new Map<TextColumn, Uint32Array>();
  return {
    users,
    events: translationOf(dictionaries.events, batch.events),
    textsOf(column) {
      let codes = texts.get(column);
      if (codes === undefined) {
        const shared = dictionaries.textsOf(column.kind, column.name);
        codes = translationOf(shared, column.values);
        texts.set(column, codes);
      }
      return codes;
    },
  };
}
