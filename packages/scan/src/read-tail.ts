import type { TailRef } from "@shale/catalog";
import type { Env } from "@shale/env";
import type { TailHeader } from "@shale/format";
import { decodeTailHeader, decodeTailObject, TAIL_HEADER_BYTES } from "@shale/format";
import { invariant, ShaleError } from "@shale/model";
import { pinBroken } from "./pin-broken.ts";
import type { SourceOutline, SourceRows } from "./rows/source-rows.ts";
import { createSourceRows } from "./rows/source-rows.ts";
import type { ScanOptions } from "./scan-options.ts";

type ReadOptions = Pick<ScanOptions, "cache" | "stats" | "signal">;
const HEADER_CACHE_BYTES = 400;
const OUTLINE_CACHE_BYTES = 300;

/** The header of a tail object, from the cache or by reading its first bytes. */
export async function readHeader(
  env: Env,
  ref: TailRef,
  { cache, stats, signal }: ReadOptions,
): Promise<TailHeader> {
  const key = `header ${ref.key}`;
  const known = cache.entries.get(key);
  if (known?.kind === "header") return known.header;
  const range = { offset: 0, length: TAIL_HEADER_BYTES };
  const object = await env.store.get(ref.key, { range, signal });
  if (object === undefined) throw pinBroken(ref.key);
  if (stats !== undefined) stats.bytesRead.store += object.bytes.length;
  const header = decodeTailHeader(object.bytes, { key: ref.key });
  checkPlace(ref, header);
  cache.entries.put(key, { kind: "header", header }, HEADER_CACHE_BYTES);
  return header;
}

/** Which shard-days a tail object has rows of, from the cache or by reading it. */
export async function readOutline(
  env: Env,
  ref: TailRef,
  shards: number,
  options: ReadOptions,
): Promise<SourceOutline> {
  const known = options.cache.entries.get(`outline ${shards} ${ref.key}`);
  if (known?.kind === "outline") return known.outline;
  return readRows(env, ref, shards, options);
}

/** A decoded tail object that the cache still holds. */
export function cachedRows(
  ref: TailRef,
  shards: number,
  { cache }: ReadOptions,
): SourceRows | undefined {
  const known = cache.entries.get(rowsKeyOf(ref, shards));
  return known?.kind === "rows" ? known.rows : undefined;
}

function rowsKeyOf({ key }: TailRef, shards: number): string {
  return `rows ${shards} ${key}`;
}

/** Reads and decodes a tail object that has rows, and leaves it in the cache. */
export async function readRows(
  env: Env,
  ref: TailRef,
  shards: number,
  { cache, stats, signal }: ReadOptions,
): Promise<SourceRows> {
  const object = await env.store.get(ref.key, { signal });
  if (object === undefined) throw pinBroken(ref.key);
  if (stats !== undefined) stats.bytesRead.store += object.bytes.length;
  const tail = decodeTailObject(object.bytes, { key: ref.key });
  checkPlace(ref, tail);
  const { batch } = tail;
  invariant(batch !== undefined, `a tail object that is scanned has rows: ${ref.key}`);
  const outlineKey = `outline ${shards} ${ref.key}`;
  const outlined = cache.entries.get(outlineKey);
  // The same number as before: shard-days that were made from it stay good.
  const id = outlined?.kind === "outline" ? outlined.outline.id : cache.nextSourceId();
  const rows = createSourceRows(id, batch, shards);
  const { partCount, starts, shards: partShards, days } = rows.parts;
  const outline = { id, parts: { partCount, starts, shards: partShards, days } };
  const outlineBytes = OUTLINE_CACHE_BYTES + 12 * partCount;
  cache.entries.put(outlineKey, { kind: "outline", outline }, outlineBytes);
  cache.entries.put(rowsKeyOf(ref, shards), { kind: "rows", rows }, rows.byteCount);
  return rows;
}

/** An object that was put under another's name is whole by its checksums, and still not its rows. */
function checkPlace(ref: TailRef, header: Pick<TailHeader, "writer" | "n">): void {
  if (header.writer === ref.writer && header.n === ref.n) return;
  throw new ShaleError(
    "OBJECT_CORRUPT",
    `Cannot read ${ref.key}: it is object ${header.n} of writer ${header.writer}`,
    { details: { key: ref.key } },
  );
}
