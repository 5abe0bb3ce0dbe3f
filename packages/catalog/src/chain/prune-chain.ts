import type { CallOptions, ObjectEntry } from "@shale/env";
import { listAll } from "@shale/env";
import { numberBehind } from "../object-keys.ts";
import type { ChainPlace, ChainState } from "./chain.ts";

/** How long a version stays after it was superseded, by the store's own timestamps. */
export const CHAIN_HISTORY_MS = 3_600_000;

/** Versions to delete, in this order; `entries` ascend. The newest and an hour of history stay. */
export function planPruning(entries: readonly ObjectEntry[]): readonly ObjectEntry[] {
  const newest = entries.at(-1);
  if (newest === undefined) return [];
  const keptFrom = entries.findIndex((_, i) => {
    const successor = entries[i + 1];
    // Measured from the successor: a version that was the newest for days is history only now.
    return successor === undefined || successor.modifiedMs > newest.modifiedMs - CHAIN_HISTORY_MS;
  });
  return entries.slice(0, keptFrom);
}

/**
 * Deletes what is history for long, from the oldest upward, one by one (protocol P3): when a
 * number is free while the one below it stands, nobody used it.
 *
 * @throws {ShaleError} STORE_UNAVAILABLE when a deletion is in doubt: none above it has begun
 */
export async function pruneChain<T extends ChainState>(
  { env, prefix }: ChainPlace<T>,
  options: CallOptions,
): Promise<void> {
  const entries: ObjectEntry[] = [];
  for await (const entry of listAll(env.store, prefix, options)) {
    if (numberBehind(prefix, entry.key) !== undefined) entries.push(entry);
  }
  for (const { key, version } of planPruning(entries)) {
    const { deleted } = await env.store.delete(key, { ...options, ifVersion: version });
    if (!deleted) return; // Somebody made it again since the listing: leave it to the next pruning.
  }
}
