import type { CallOptions } from "./clock.ts";

/** Entries in one page of a listing, at most and by default. */
export const LIST_LIMIT = 1000;

/**
 * A flat map from keys to immutable or conditionally replaced byte strings: a folder or a bucket.
 *
 * Keys are `/`-separated segments of `[A-Za-z0-9_=.-]`, none starting with a dot, none above 180
 * bytes, 1,024 bytes together. No key is a folder of another (`a` and `a/b`). `version` is an
 * opaque token of one content of one key: equal tokens mean the same content, and a key that was
 * deleted and made again has another token. Bytes passed in must not change until the promise
 * settles; after that they are the caller's, as are the bytes that it gets. Every rule here is
 * checked by `objectStoreConformance`.
 *
 * Every method throws STORE_UNAVAILABLE when the store did not answer: a write may or may not have
 * taken effect. Every other code says that it has not: PERMISSION_DENIED, DISK_FULL,
 * STORE_READ_ONLY, STORE_LOCKED, STORE_PATH_BLOCKED, KEY_INVALID. A signal that aborts rejects with
 * its reason; a write that was under way may or may not have taken effect.
 */
export interface ObjectStore {
  /** The bytes of `key`, or of the range; undefined when there is no such object. */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;
  head(key: string, options?: CallOptions): Promise<ObjectEntry | undefined>;
  /** Losing the race is an outcome, not an error. An acknowledged write survives a crash. */
  put(
    key: string,
    bytes: Uint8Array,
    condition: PutCondition,
    options?: CallOptions,
  ): Promise<PutOutcome>;
  /** Deleting what is not there is done. With `ifVersion`, another content is left alone. */
  delete(key: string, options?: DeleteOptions): Promise<DeleteOutcome>;
  /**
   * Keys that start with `prefix` and sort after `after` (any text), in byte order of the whole
   * key, at most `limit` of them (1 to 1,000). Not a snapshot: an object made or deleted while it
   * runs may or may not be seen.
   */
  list(prefix: string, options?: ListOptions): Promise<ListPage>;
  /** Removes what crashed writes left outside the keys, where a store has such: `probeStore`. */
  sweep?(): Promise<void>;
}

export interface GetOptions extends CallOptions {
  /** Bytes [offset, offset + length), or the last `suffix` bytes; cut at the end of the object. */
  readonly range?:
    | { readonly offset: number; readonly length: number }
    | { readonly suffix: number }
    | undefined;
}
export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly version: string;
  /** Size of the whole object in bytes, also when a range was asked for. */
  readonly size: number;
}
export interface ObjectEntry {
  readonly key: string;
  readonly size: number;
  readonly version: string;
  /** The store's own time of the write, ms since 1970 UTC. */
  readonly modifiedMs: number;
}
export type PutCondition =
  | { readonly ifAbsent: true }
  | { readonly ifVersion: string }
  | { readonly always: true }; // Hints only: heartbeats, caches.
export type PutOutcome =
  | { readonly written: true; readonly version: string }
  | { readonly written: false };
export interface DeleteOptions extends CallOptions {
  readonly ifVersion?: string | undefined;
}
/** False only where another content stands, so a repeated delete says what the first one said. */
export type DeleteOutcome = { readonly deleted: boolean };
export interface ListOptions extends CallOptions {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}
export interface ListPage {
  readonly entries: readonly ObjectEntry[];
  /** True when there may be more after the last entry. */
  readonly truncated: boolean;
}

/** Every entry under `prefix` after `after`, page by page. */
export async function* listAll(
  store: ObjectStore,
  prefix: string,
  options: ListOptions = {},
): AsyncGenerator<ObjectEntry> {
  let after = options.after;
  while (true) {
    const page = await store.list(prefix, { ...options, after });
    yield* page.entries;
    const last = page.entries.at(-1);
    if (!page.truncated || last === undefined) return;
    after = last.key;
  }
}
