import type { CallOptions, Env } from "@shale/env";
import type { ChainVersion } from "@shale/model";

/** What every version of a chain carries, whatever else it says. */
export interface ChainState {
  readonly version: ChainVersion;
  /** Nonces of the last 64 commits, this version's own last (protocol P2). */
  readonly nonces: readonly string[];
}

export interface ChainCodec<T> {
  encode(state: T): Uint8Array;
  /** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key */
  decode(bytes: Uint8Array, source: { readonly key: string }): T;
}

/**
 * A rule about two versions, `before` undefined for the first. Returns undefined when it holds,
 * otherwise what is wrong.
 */
export type ChainInvariant<T> = (before: T | undefined, after: T) => string | undefined;

/**
 * What a commit makes of the newest version: the next state, or undefined for nothing to do.
 *
 * Pure, and evaluated again on every re-read state: it knows its own effect by its mark and then
 * returns undefined, and throws when its precondition no longer holds (protocol P2). `version` and
 * `nonces` of the result are set by the chain.
 */
export type ChainEdit<T> = (newest: T | undefined) => T | undefined;

export interface ChainOptions<T> {
  /** Keys are this prefix and a number of 16 digits. */
  readonly prefix: string;
  readonly codec: ChainCodec<T>;
  /** By name; all run at every attempt to commit. */
  readonly invariants: Readonly<Record<string, ChainInvariant<T>>>;
}

/** One version as it stands in the store. */
export interface ChainLink<T> {
  readonly key: string;
  readonly state: T;
  /** The store's token of this content: a key that was made again has another (protocol P1). */
  readonly token: string;
}

/** A place in the store with a chain in it, and the newest version that this process saw. */
export interface ChainPlace<T extends ChainState> extends ChainOptions<T> {
  /** With the raw store: a commit decides for itself what an answer that is missing means. */
  readonly env: Env;
  /** Where the next listing begins. Only a hint: it is asked for again before it is believed. */
  remembered: ChainLink<T> | undefined;
}

/** Numbered versions of one state, each made by one conditional creation (protocol P). */
export interface Chain<T> {
  /**
   * The newest version; undefined when there is none.
   *
   * @throws {ShaleError} CATALOG_CONFLICT when versions vanish as fast as they are read,
   * OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE
   */
  loadNewest(options?: CallOptions): Promise<T | undefined>;
  /** That version, if it was not pruned. @throws {ShaleError} as `loadNewest` */
  loadVersion(version: ChainVersion, options?: CallOptions): Promise<T | undefined>;
  /**
   * Publishes what `edit` makes of the newest version, exactly once.
   *
   * @returns A version that holds the edit: its own, or a later one.
   * @throws {ShaleError} CATALOG_CONFLICT after too many lost races: the edit is not there.
   * STORE_UNAVAILABLE: it may or may not be there; the same edit may be committed again.
   */
  commit(edit: ChainEdit<T>, options?: CallOptions): Promise<T>;
  /** Deletes versions that were superseded more than an hour ago (protocol P3). */
  prune(options?: CallOptions): Promise<void>;
}
