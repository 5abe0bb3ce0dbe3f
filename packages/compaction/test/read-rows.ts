import { crc32 } from "node:zlib";
import { dayFileKey, loadCatalog, loadEntries, loadManifests, tailKey } from "@shale/catalog";
import type { EventBatch } from "@shale/columns";
import { digestsByGeneration, eventAt, tombstoneHash } from "@shale/columns";
import type { Env } from "@shale/env";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import { decodeTailObject } from "@shale/format";
import type { SpecName, WriterOrdinal } from "@shale/model";
import { shardOf, specName, tailNumber } from "@shale/model";
import { drainedNumbers } from "../src/run/group-positions.ts";
import { storedRowsOf, wholeFileOf } from "../src/task/file-rows.ts";
import type { LoggedRow, World } from "./world.ts";
import { DAY_MS, hasher, project } from "./world.ts";

/** What stands in the store for one spec, read as plainly as can be. */
export interface StoredRows {
  readonly rows: readonly LoggedRow[];
  readonly entries: readonly DayFileEntry[];
  readonly generations: ReadonlyMap<number, number>;
  readonly tailObjects: number;
  readonly catalog: CatalogDocument;
}

export async function readStored(env: Env, spec: SpecName = specName("A")): Promise<StoredRows> {
  const catalog = (await loadCatalog(env, project))!;
  const { shards } = catalog.specs.find((one) => one.spec === spec)!;
  const manifests = await loadManifests(env, project, spec, shards);
  const rows: LoggedRow[] = [];
  const entries: DayFileEntry[] = [];
  const generations = new Map<number, number>();
  let tailObjects = 0;
  for (const [group, manifest] of manifests) {
    for (const entry of manifest === undefined ? [] : await loadEntries(env, manifest, "all")) {
      entries.push(entry);
      const batch = await readFile(env, spec, entry);
      for (let row = 0; row < batch.rowCount; row++) {
        rows.push(loggedRow(batch, row, batch.writers[row]!, batch.seqs[row]!));
        generations.set(batch.seqs[row]!, batch.generations[row]!);
      }
    }
    for (const [writer, from] of drainedNumbers(catalog, spec, manifest)) {
      for (let n = from + 1; ; n++) {
        const batch = await readTail(env, writer, n);
        if (batch === undefined) break;
        tailObjects++;
        if (batch === "empty") continue;
        for (let row = 0; row < batch.rowCount; row++) {
          const user = batch.userCodes[row]!;
          const [high, low] = [batch.users.hashHigh[user]!, batch.users.hashLow[user]!];
          if (Math.floor(shardOf(high, low, shards) / 64) !== group) continue;
          rows.push(loggedRow(batch, row, writer, batch.seqs[row]!));
        }
      }
    }
  }
  return { rows, entries, generations, tailObjects, catalog };
}

async function readFile(env: Env, spec: SpecName, entry: DayFileEntry) {
  const key = dayFileKey(project, spec, entry);
  const { bytes } = (await env.store.get(key))!;
  const crc = crc32(bytes).toString(16).padStart(8, "0");
  if (crc !== entry.crc || bytes.length !== entry.bytes) throw new Error(`${key} is damaged`);
  const batch = storedRowsOf(wholeFileOf(key, bytes, entry.footerBytes), hasher);
  const sums = digestsByGeneration(batch);
  if (JSON.stringify(sums) !== JSON.stringify(entry.generations)) throw new Error(`${key} digest`);
  return batch;
}

async function readTail(env: Env, writer: WriterOrdinal, n: number) {
  const key = tailKey(project, writer, tailNumber(n));
  const object = await env.store.get(key);
  return object && (decodeTailObject(object.bytes, { key }).batch ?? "empty");
}

function loggedRow(batch: EventBatch, row: number, writer: number, seq: number): LoggedRow {
  const { user_id: user, event, timeMs, insert_id: insertId, properties } = eventAt(batch, row);
  const { price, page } = properties as Pick<LoggedRow, "price" | "page">;
  return { user, event, timeMs, insertId, price, page, writer, seq };
}

/** The rows that answers count: no duplicates, deleted users or expired days (R3, D1, C6). */
export function visibleOf(
  rows: readonly LoggedRow[],
  { tombstones, tombstoneKey, retention }: CatalogDocument,
): readonly string[] {
  const limits = new Map<string, number>();
  for (const { userHash, seq } of tombstones) {
    limits.set(userHash, Math.max(seq, limits.get(userHash) ?? 0));
  }
  const winners = new Map<string, LoggedRow>();
  for (const row of rows) {
    const hash = tombstoneHash(tombstoneKey, Buffer.from(row.user));
    const day = Math.floor(row.timeMs / DAY_MS);
    if (row.seq <= (limits.get(hash) ?? 0)) continue;
    if (retention.firstDay !== null && day < retention.firstDay) continue;
    const own = `own ${row.writer}-${row.seq}`;
    const key =
      row.insertId === undefined ? own : `${row.user} ${row.event} ${row.insertId} ${day}`;
    const other = winners.get(key);
    const isNewer =
      other === undefined ||
      row.seq > other.seq ||
      (row.seq === other.seq && row.writer > other.writer);
    if (isNewer) winners.set(key, row);
  }
  return textsOf([...winners.values()]);
}

export function textsOf(rows: readonly LoggedRow[]): readonly string[] {
  return rows
    .map(({ writer, seq, user, event, timeMs, insertId, price, page }) =>
      JSON.stringify([writer, seq, user, event, timeMs, insertId ?? 0, price ?? 0, page ?? 0]),
    )
    .sort();
}

/** Throws unless the store answers as the world of the same rows would. */
export async function checkAnswers(env: Env, world: World): Promise<StoredRows> {
  const stored = await readStored(env);
  const places = stored.rows.map(({ writer, seq }) => `${writer}-${seq}`);
  const twice = places.find((place, i) => places.indexOf(place) !== i);
  if (twice !== undefined) throw new Error(`row ${twice} stands twice`);
  const wanted = visibleOf(world.rows, stored.catalog);
  const found = visibleOf(stored.rows, stored.catalog);
  const missing = wanted.find((row) => !found.includes(row));
  if (missing !== undefined) throw new Error(`missing: ${missing}`);
  const foreign = found.find((row) => !wanted.includes(row));
  if (foreign !== undefined) throw new Error(`foreign: ${foreign}`);
  return stored;
}
