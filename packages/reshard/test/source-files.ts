import type { StoredBatch } from "@shale/columns";
import {
  createBatchBuilder,
  digestsByGeneration,
  eventAt,
  findRepeats,
  gatherSorted,
} from "@shale/columns";
import { storedRowsOf, wholeFileOf } from "@shale/compaction";
import type { CatalogVector, DayFileEntry, EncodedDayFile } from "@shale/format";
import { encodeDayFile, openDayFile, planDayFileRead } from "@shale/format";
import type { Day, StoredEvent } from "@shale/model";
import { shardOf } from "@shale/model";
import { hasher, project } from "../../compaction/test/world.ts";
import type { CopyUnit } from "../src/copy/plan-units.ts";
import type { OpenedFile } from "../src/slice/plan-slices.ts";

export const dayMs = Date.UTC(2026, 0, 1);
export const day = (dayMs / 86_400_000) as Day;

/** A row of a day file in the plainest form. */
export interface PlainRow {
  readonly user: string;
  readonly event: string;
  readonly insertId: string | undefined;
  readonly writer: number;
  readonly seq: number;
  readonly generation: number;
  readonly properties: Readonly<Record<string, StoredEvent["properties"][string]>>;
}

export function shardOfUser(user: string, shards: number): number {
  hasher.hashText(user);
  return shardOf(hasher.high, hasher.low, shards);
}

/** Names of users that are in one shard of a spec. */
export function usersOfShard(shard: number, shards: number, count: number): readonly string[] {
  const users: string[] = [];
  for (let number = 0; users.length < count; number++) {
    if (shardOfUser(`u${number}`, shards) === shard) users.push(`u${number}`);
  }
  return users;
}

function batchOf(rows: readonly PlainRow[], shards: number): StoredBatch {
  const builder = createBatchBuilder(hasher);
  for (const { user, event, insertId, seq, properties } of rows) {
    builder.startRow(user, event, dayMs + seq, insertId);
    for (const [name, value] of Object.entries(properties)) {
      if (typeof value === "string") builder.setString(name, value);
      else if (typeof value === "number") builder.setNumber(name, value);
      else if (typeof value === "boolean") builder.setBoolean(name, value);
      else builder.setList(name, JSON.stringify(value));
    }
  }
  const batch = {
    ...builder.build(),
    seqs: Float64Array.from(rows, ({ seq }) => seq),
    writers: Float64Array.from(rows, ({ writer }) => writer),
    generations: Uint32Array.from(rows, ({ generation }) => generation),
  };
  return gatherSorted([{ batch, rows: Uint32Array.from(rows, (_row, i) => i) }], shards);
}

export interface SourceFile extends OpenedFile {
  readonly bytes: Uint8Array;
}

export interface SourceOptions {
  readonly shard: number;
  readonly shards: number;
  readonly rowGroupRowsMax: number;
  readonly upTo: CatalogVector;
  readonly number: number;
  readonly tombstone?: number;
}

/** A day file of the old spec, with what its manifest says of it. */
export function sourceFileOf(rows: readonly PlainRow[], options: SourceOptions): SourceFile {
  const { shard, shards, rowGroupRowsMax, upTo, number, tombstone = 0 } = options;
  const batch = batchOf(rows, shards);
  const content = {
    ...{ project, spec: "A", shard, shards, day, tombstone, batch },
    distinct: findRepeats(batch) === undefined,
    generations: digestsByGeneration(batch),
  };
  const file = encodeDayFile(content, { compression: "lz4", rowGroupRowsMax });
  const { bytes, footer, footerBytes } = file;
  const { generations, seqs } = footer;
  const entry = {
    ...{ id: `file-${number}`, shard, day, bytes: bytes.length, footerBytes, tombstone },
    ...{ rows: rows.length, generations, seqs },
  } as unknown as DayFileEntry;
  const unit = { ...{ shard, day, files: [entry], needed: [entry], upTo }, after: null };
  return { unit: unit as unknown as CopyUnit, entry, index: indexOf(file), bytes };
}

export function indexOf({ bytes, footerBytes }: Pick<EncodedDayFile, "bytes" | "footerBytes">) {
  const tail = bytes.subarray(bytes.length - footerBytes);
  return openDayFile(tail, { key: "file", size: bytes.length });
}

/** What a task is given of some row groups of a file. */
export function partsOf({ bytes, entry, index }: SourceFile, rowGroups: readonly number[]) {
  const selection = { places: true, properties: "all", rowGroups } as const;
  const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
    bytes.slice(offset, offset + length),
  );
  const tail = bytes.slice(bytes.length - entry.footerBytes);
  return { key: entry.id, size: bytes.length, tail, rowGroups, parts };
}

/** The rows of a file as texts, in its order. */
export function rowsIn({ bytes, footerBytes }: Pick<EncodedDayFile, "bytes" | "footerBytes">) {
  const batch = storedRowsOf(wholeFileOf("file", bytes, footerBytes), hasher);
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const { properties, ...event } = eventAt(batch, row);
    const place = [batch.writers[row], batch.seqs[row], batch.generations[row]];
    const sorted = Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([place, event, sorted]);
  });
}
