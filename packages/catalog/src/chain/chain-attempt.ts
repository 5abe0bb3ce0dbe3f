import type { CallOptions } from "@shale/env";
import { nonceOf } from "@shale/env";
import { NONCES_KEPT } from "@shale/format";
import type { ChainVersion } from "@shale/model";
import { chainVersion, invariant } from "@shale/model";
import { paddedNumber } from "../object-keys.ts";
import type { ChainLink, ChainPlace, ChainState } from "./chain.ts";
import { loadHead, readLink } from "./chain-head.ts";

/** One try to create one version. Its fate is open until the store has answered enough. */
export interface ChainAttempt<T> {
  readonly nonce: string;
  readonly key: string;
  readonly version: ChainVersion;
  /** What it was built on; undefined for version 1. */
  readonly predecessor: ChainLink<T> | undefined;
  readonly state: T;
}

/** Draws the nonce and numbers the draft. Every invariant runs here, at every attempt. */
export function planAttempt<T extends ChainState>(
  place: ChainPlace<T>,
  predecessor: ChainLink<T> | undefined,
  draft: T,
): ChainAttempt<T> {
  const before = predecessor?.state;
  const nonce = nonceOf(place.env.random);
  const version = chainVersion((before?.version ?? 0) + 1);
  const nonces = [...(before?.nonces ?? []), nonce].slice(-NONCES_KEPT);
  const state: T = { ...draft, version, nonces };
  for (const [name, check] of Object.entries(place.invariants)) {
    const problem = check(before, state);
    invariant(problem === undefined, `${name} of ${place.prefix}: ${problem}`);
  }
  return { nonce, key: place.prefix + paddedNumber(version), version, predecessor, state };
}

/**
 * - counts: the version is in the chain.
 * - taken: the number is another's; nothing was written.
 * - doubtful: it was written, and only the head can tell whether it counts.
 */
export type CreationOutcome = "counts" | "taken" | "doubtful";

/**
 * Creates the version if its number is free, and asks whether that counts (protocol P1).
 *
 * @throws {ShaleError} STORE_UNAVAILABLE: the version may be there, may come yet, and may count
 */
export async function createVersion<T extends ChainState>(
  place: ChainPlace<T>,
  attempt: ChainAttempt<T>,
  options: CallOptions,
): Promise<CreationOutcome> {
  const { key, state } = attempt;
  const bytes = place.codec.encode(state);
  const outcome = await place.env.store.put(key, bytes, { ifAbsent: true }, options);
  if (!outcome.written) return "taken";
  // A sleeper may have created a number that was used and pruned before: then its predecessor is
  // gone too, because pruning goes upward.
  if (!(await predecessorStands(place, attempt, options))) return "doubtful";
  place.remembered = { key, state, token: outcome.version };
  return "counts";
}

/**
 * - committed: it is in the chain.
 * - lost: it is not, and will never be.
 * - open: its number is free, and a write without an answer may take effect yet.
 * - moved: the head is not the newest version any more: read it again.
 */
export type AttemptFate = "committed" | "lost" | "open" | "moved";

/**
 * What became of an attempt, told by a head that was read after it (protocol P1, P2). A version
 * that does not count and still carries the attempt's nonce is removed.
 */
export async function settleAttempt<T extends ChainState>(
  place: ChainPlace<T>,
  attempt: ChainAttempt<T>,
  head: ChainLink<T> | undefined,
  options: CallOptions,
): Promise<AttemptFate> {
  const newest = head?.state;
  if (newest === undefined || newest.version < attempt.version) return "open";
  if (newest.nonces.includes(attempt.nonce)) {
    if (newest.version > attempt.version) return "committed"; // Built upon.
    if (await predecessorStands(place, attempt, options)) return "committed";
    // Its own version on top: the newest, or one that landed below the chain while the head was
    // looked for. Only a listing that began after it landed can tell.
    const again = await loadHead(place, place.env.store, options);
    return again?.token === head?.token ? "committed" : "moved";
  }
  if (newest.version === attempt.version) return "lost";
  const own = await readLink(place, place.env.store, attempt.key, options);
  if (own === undefined || own.state.nonces.at(-1) !== attempt.nonce) return "lost";
  // Either undone work of a sleeper, or more than 64 commits on top of it: then it counts if it
  // still stands on its predecessor; without one the edit's mark decides, and removing the version
  // is no more than pruning the oldest.
  if (await predecessorStands(place, attempt, options)) return "committed";
  await place.env.store.delete(attempt.key, { ...options, ifVersion: own.token });
  return "lost";
}

/** Whether the version that the attempt was built on stands unchanged; false for version 1. */
async function predecessorStands<T extends ChainState>(
  place: ChainPlace<T>,
  { predecessor }: ChainAttempt<T>,
  options: CallOptions,
): Promise<boolean> {
  if (predecessor === undefined) return false;
  const entry = await place.env.store.head(predecessor.key, options);
  return entry?.version === predecessor.token;
}
