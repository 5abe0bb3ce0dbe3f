import type { LoggedBatch, PropertyColumn, TextColumn } from "@shale/columns";
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

/** A batch of the tail or of a writer's memory, its rows sorted by shard and day. */
export interface SourceRows extends SourceOutline {
  readonly batch: LoggedBatch;
  readonly parts: RowPartition;
  readonly byteCount: number;
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
export function columnsOf(batch: LoggedBatch, name: string): readonly PropertyColumn[] {
  return batch.properties.filter((column) => column.name === name);
}

export function createSourceRows(id: number, batch: LoggedBatch, shards: number): SourceRows {
  const parts = partitionRows(batch, shards);
  let translated: ScanDictionaries | undefined;
  let codes: SourceCodes | undefined;
  return {
    id,
    batch,
    parts,
    byteCount: batchBytes(batch) + partitionBytes(parts) + translationBytes(batch),
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

function translate(batch: LoggedBatch, dictionaries: ScanDictionaries): SourceCodes {
  const texts = new Map<TextColumn, Uint32Array>();
  return {
    users: userCodesOf(dictionaries, batch),
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
