import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { UserHasher } from "@shale/columns";
import { gatherSorted } from "@shale/columns";
import type { Env } from "@shale/env";
import { encodeDayFile } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { FooterDay, FooterFile, Pin, ScanBatch, TailCache } from "@shale/scan";
import { keyOfFile, pinBroken, scanShards, storedBatchOfScan } from "@shale/scan";
import type { EventFile } from "./plan-view.ts";

export interface EventFilesOptions {
  readonly pin: Pin;
  readonly cache: TailCache;
  readonly hasher: UserHasher;
  /** The folder of the store, whose day files are read where they lie; undefined: it has none. */
  readonly root: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Parquet files that hold each visible row of a pin once. */
export interface EventFiles {
  readonly files: readonly EventFile[];
  /** Removes what was written for it. */
  close(): Promise<void>;
}

/**
 * Shard-days that are settled are read from their day files as they are (R4). The rows of all
 * others, those of the tail among them, are written to a scratch folder: deduplicated, and without
 * what is hidden.
 *
 * @throws {ShaleError} PIN_UNSTABLE, OBJECT_CORRUPT, STORE_UNAVAILABLE, OUTPUT_NOT_WRITABLE
 */
export async function openEventFiles(env: Env, options: EventFilesOptions): Promise<EventFiles> {
  const scratch = await mkdtemp(join(tmpdir(), "shale-sql-"));
  const close = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  try {
    return { files: await findFiles(env, scratch, options), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function findFiles(
  env: Env,
  scratch: string,
  { pin, cache, hasher, root, signal }: EventFilesOptions,
): Promise<EventFile[]> {
  const settled: FooterFile[] = [];
  const files: EventFile[] = [];
  const scan = {
    cache,
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
    columns: "all",
    order: "none",
    detail: "events",
    takeFooter: ({ files: own }: FooterDay) => void settled.push(...own),
    signal,
  } as const;
  for await (const batch of scanShards(env, pin, scan)) {
    const { bytes, footer } = encodeBatch(pin, batch, hasher);
    files.push(await writeScratch(scratch, files.length, { bytes, columns: footer.columns }));
  }
  for (const { entry, footer } of settled) {
    const { columns } = footer;
    const key = keyOfFile({ project: pin.catalog.project, spec: pin.spec, entry });
    if (root !== undefined) {
      files.push({ path: resolve(root, key), columns, key });
      continue;
    }
    const object = await env.store.get(key, { signal });
    if (object === undefined) throw pinBroken(key);
    files.push(await writeScratch(scratch, files.length, { bytes: object.bytes, columns }));
  }
  return files;
}

/** A day file that has gone since the pin was taken; undefined: all are there. */
export async function missingFile(
  env: Env,
  files: readonly EventFile[],
): Promise<string | undefined> {
  for (const { key } of files) {
    if (key !== undefined && (await env.store.head(key)) === undefined) return key;
  }
  return undefined;
}

function encodeBatch(pin: Pin, batch: ScanBatch, hasher: UserHasher) {
  const { shards, spec } = pin.spec;
  const rows = Uint32Array.from({ length: batch.rowCount }, (_, row) => row);
  const sorted = gatherSorted([{ batch: storedBatchOfScan(batch, hasher), rows }], shards);
  const { shard, day } = batch;
  const place = { project: pin.catalog.project, spec, shard, shards, day };
  const facts = { tombstone: 0, distinct: true, generations: [] };
  // Read once by this process: what compressing costs is not won back.
  return encodeDayFile({ ...place, ...facts, batch: sorted }, { compression: "none" });
}

async function writeScratch(
  scratch: string,
  number: number,
  { bytes, columns }: { readonly bytes: Uint8Array; readonly columns: EventFile["columns"] },
): Promise<EventFile> {
  const path = join(scratch, `${number}.parquet`);
  try {
    await writeFile(path, bytes);
  } catch (error) {
    throw new ShaleError("OUTPUT_NOT_WRITABLE", `Cannot write ${JSON.stringify(path)} for SQL`, {
      cause: error,
    });
  }
  return { path, columns };
}
