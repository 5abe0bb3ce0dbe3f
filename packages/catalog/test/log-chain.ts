import type { Env, ObjectEntry, ObjectStore } from "@shale/env";
import { inlineWorkers, listAll, silentLogger } from "@shale/env";
import { chainVersion, ShaleError } from "@shale/model";
import { manualClock, seededRandom } from "@shale/testing";
import type { Chain, ChainEdit, ChainState } from "../src/chain/chain.ts";
import { openChain } from "../src/chain/open-chain.ts";

/** A chain whose state is the list of edits that were made, so that every loss and repeat shows. */
export interface LogState extends ChainState {
  readonly log: readonly string[];
}

export const LOG_PREFIX = "p1/log/";

export function envOver(store: ObjectStore, seed: number): Env {
  const clock = manualClock(Date.UTC(2026, 0, 1), { autoAdvance: true });
  return {
    // Sleeping takes no time here: the interleaving is up to the store of the test.
    clock: { ...clock, sleep: async () => undefined },
    random: seededRandom(seed),
    logger: silentLogger,
    processes: {
      self: { host: "test", pid: seed, started: "" },
      stateOf: () => "unknown",
    },
    store,
    disk: undefined,
    workers: inlineWorkers({}),
  };
}

export function openLog(env: Env): Chain<LogState> {
  return openChain<LogState>(env, {
    prefix: LOG_PREFIX,
    codec: {
      encode: (state) => new TextEncoder().encode(JSON.stringify(state)),
      decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as LogState,
    },
    invariants: {
      L1_versionFollows: (before, after) =>
        after.version === (before?.version ?? 0) + 1 ? undefined : `version ${after.version}`,
      L2_logAppends: (before, after) =>
        after.log.length === (before?.log.length ?? 0) + 1 ? undefined : "not one entry more",
    },
  });
}

/** Adds `name` whatever the log holds: only nonces keep it from being added twice. */
export function blindEdit(name: string): ChainEdit<LogState> {
  return (newest) => ({
    version: chainVersion(1),
    nonces: [],
    log: [...(newest?.log ?? []), name],
  });
}

/** Adds `name` unless it is there: it knows its own mark. */
export function markedEdit(name: string): ChainEdit<LogState> {
  const add = blindEdit(name);
  return (newest) => (newest?.log.includes(name) ? undefined : add(newest));
}

/** Every version that stands, ascending. */
export async function versionsOf(store: ObjectStore): Promise<LogState[]> {
  const versions: LogState[] = [];
  for await (const { key } of listAll(store, LOG_PREFIX)) {
    const stored = await store.get(key);
    versions.push(JSON.parse(new TextDecoder().decode(stored?.bytes)) as LogState);
  }
  return versions;
}

/** Pruning without its hour of history. A deletion in doubt ends it, as in the chain's own. */
export async function pruneAll(store: ObjectStore): Promise<void> {
  try {
    const entries: ObjectEntry[] = [];
    for await (const entry of listAll(store, LOG_PREFIX)) entries.push(entry);
    for (const { key, version } of entries.slice(0, -1)) {
      const { deleted } = await store.delete(key, { ifVersion: version });
      if (!deleted) return;
    }
  } catch (error) {
    if (!(error instanceof ShaleError && error.code === "STORE_UNAVAILABLE")) throw error;
  }
}
