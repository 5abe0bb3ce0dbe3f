import type { BigIntStats } from "node:fs";
import { join } from "node:path";
import { ShaleError } from "@shale/model";
import { pageSizeOf, rangeOf } from "../object-range.ts";
import type {
  GetOptions,
  ListOptions,
  ListPage,
  ObjectEntry,
  StoredObject,
} from "../object-store.ts";
import { foundOrUndefined } from "./file-errors.ts";
import type { FolderStore } from "./folder-store.ts";
import { keysUnder } from "./list-keys.ts";
import { modifiedMsOf, versionOf } from "./version-token.ts";
import { readRange } from "./whole-file.ts";

/** Files asked for their size and time at the same time: Node has four threads for it. */
const STAT_BATCH = 16;

export async function readObject(
  { calls, root, openFile }: FolderStore,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredObject | undefined> {
  return openFile(async () => {
    signal?.throwIfAborted();
    const handle = await foundOrUndefined(calls.open(join(root, key), "r"));
    if (handle === undefined) return undefined;
    try {
      const stat = await handle.stat({ bigint: true });
      checkIsFile(key, stat);
      const size = Number(stat.size);
      // The open file keeps its content and times also when its name goes to another one.
      const bytes = await readRange(handle, rangeOf(range, size));
      return { bytes, version: versionOf(stat), size };
    } finally {
      await handle.close();
    }
  });
}

export async function readEntry(store: FolderStore, key: string): Promise<ObjectEntry | undefined> {
  const stat = await statOf(store, key);
  return stat && entryOf(key, stat);
}

function entryOf(key: string, stat: BigIntStats): ObjectEntry {
  return {
    key,
    size: Number(stat.size),
    version: versionOf(stat),
    modifiedMs: modifiedMsOf(stat),
  };
}

export async function statOf({ calls, root }: FolderStore, key: string) {
  const stat = await foundOrUndefined(calls.stat(join(root, key), { bigint: true }));
  if (stat !== undefined) checkIsFile(key, stat);
  return stat;
}

function checkIsFile(key: string, stat: BigIntStats): void {
  if (stat.isFile()) return;
  throw new ShaleError(
    "STORE_PATH_BLOCKED",
    `Cannot use "${key}" as an object: at that path stands a folder or a special file`,
  );
}

export async function listObjects(
  store: FolderStore,
  prefix: string,
  { after, limit, signal }: ListOptions,
): Promise<ListPage> {
  const pageSize = pageSizeOf(limit);
  const entries: ObjectEntry[] = [];
  let batch: string[] = [];
  async function takeBatch(): Promise<void> {
    const found = await Promise.all(batch.map((key) => readEntry(store, key)));
    // One that has gone since its folder was read is as if it had never been seen.
    for (const entry of found) if (entry !== undefined) entries.push(entry);
    batch = [];
  }
  for await (const key of keysUnder(store.calls, store.root, { prefix, after })) {
    signal?.throwIfAborted();
    if (entries.length + batch.length === pageSize) await takeBatch();
    if (entries.length === pageSize) return { entries, truncated: true };
    batch.push(key);
    if (batch.length === STAT_BATCH) await takeBatch();
  }
  await takeBatch();
  return { entries, truncated: false };
}
