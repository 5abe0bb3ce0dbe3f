import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import type { LoggedBatch, StoredBatch } from "@shale/columns";
import {
  digestsByGeneration,
  findRepeats,
  gatherSorted,
  storedBatchOf,
  withoutRows,
} from "@shale/columns";
import type { Env } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import { encodeDayFile, eventHashesOf } from "@shale/format";
import type { Day, ProjectId, ShardId } from "@shale/model";
import { DAY_MS, dayOf, shardId, specName } from "@shale/model";
import { partitionRows } from "../src/rows/partition-rows.ts";

export interface DrainPlace {
  readonly project: ProjectId;
  readonly shards: number;
  /** 32 hex digits. */
  readonly claim: string;
  /** A merge drops duplicates, a drain keeps them. */
  readonly dedupes: boolean;
}

/** Writes the rows as one day file for each shard and day, as a drain or a merge would. */
export async function writeDayFiles(
  env: Env,
  batches: readonly LoggedBatch[],
  place: DrainPlace,
): Promise<DayFileEntry[]> {
  const parts = batches.map((batch) => ({
    batch: storedBatchOf(batch, () => 0),
    rows: partitionRows(batch, place.shards),
  }));
  const keys = new Map<string, { shard: ShardId; day: Day }>();
  for (const { rows } of parts) {
    for (let part = 0; part < rows.partCount; part++) {
      const shard = shardId(rows.shards[part] ?? 0, place.shards);
      const day = dayOf((rows.days[part] ?? 0) * DAY_MS);
      keys.set(`${shard} ${day}`, { shard, day });
    }
  }
  const entries: DayFileEntry[] = [];
  for (const { shard, day } of keys.values()) {
    const sources = parts.map(({ batch, rows }) => ({
      batch,
      rows: rows.rows.filter((_, at) => {
        const part = rows.starts.findLastIndex((start) => start <= at);
        return rows.shards[part] === shard && rows.days[part] === day;
      }),
    }));
    const sorted = gatherSorted(
      sources.filter(({ rows }) => rows.length > 0),
      place.shards,
    );
    entries.push(await writeDayFile(env, sorted, { ...place, shard, day, index: entries.length }));
  }
  return entries;
}

async function writeDayFile(
  env: Env,
  rows: StoredBatch,
  place: DrainPlace & { readonly shard: ShardId; readonly day: Day; readonly index: number },
): Promise<DayFileEntry> {
  const repeats = findRepeats(rows);
  const batch = place.dedupes && repeats !== undefined ? withoutRows(rows, repeats) : rows;
  const { project, shards, shard, day, claim, index } = place;
  const spec = specName("A");
  const { bytes, footer, footerBytes } = encodeDayFile({
    ...{ project, spec, shard, shards, day, tombstone: 0, batch },
    distinct: findRepeats(batch) === undefined,
    generations: digestsByGeneration(batch),
  });
  const id = `${claim}-${index}`;
  const outcome = await env.store.put(dayFileKey(project, spec, { shard, day, id }), bytes, {
    ifAbsent: true,
  });
  const textOf = (crc: number): string => crc.toString(16).padStart(8, "0");
  return {
    ...{ id, shard, day, bytes: bytes.length, footerBytes },
    crc: textOf(crc32(bytes)),
    token: outcome.written ? outcome.version : "",
    footerCrc: textOf(crc32(bytes.subarray(bytes.length - footerBytes))),
    ...{ rows: footer.rows, clientRows: footer.clientRows, users: footer.users },
    ...{ minTimeMs: footer.minTimeMs, maxTimeMs: footer.maxTimeMs },
    ...{ firstPlace: footer.firstPlace, lastPlace: footer.lastPlace, distinct: footer.distinct },
    tombstone: 0,
    generations: footer.generations,
    seqs: footer.seqs,
    eventHashes: eventHashesOf(footer.events.map(({ event }) => event)),
  };
}
