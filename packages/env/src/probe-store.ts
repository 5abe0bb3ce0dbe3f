import { ShaleError } from "@shale/model";
import type { CallOptions } from "./clock.ts";
import type { Env } from "./env.ts";
import type { ObjectEntry, ObjectStore, PutOutcome } from "./object-store.ts";
import { listAll } from "./object-store.ts";
import { nonceOf } from "./random.ts";

/** No project is called that. Flat, because a store of files keeps the folders of what is gone. */
const PROBES = "_probe/";
/** A probe ends within seconds; one that is older was interrupted. */
const PROBE_MS_MAX = 3_600_000;
/** Callers that create the same object at the same time. */
const RACERS = 10;

interface Probe {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly options: CallOptions;
}

/**
 * Tries the rules on which no acknowledged event is lost, under keys of its own that it deletes
 * again, and has the store sweep up what crashed writes left. Run before a store is written to.
 *
 * @throws {ShaleError} STORE_RULES_BROKEN with the broken rule; else what the store throws
 */
export async function probeStore(
  env: Pick<Env, "store" | "random">,
  options: CallOptions = {},
): Promise<void> {
  const { store } = env;
  const probe: Probe = { store, prefix: `${PROBES}${nonceOf(env.random)}-`, options };
  try {
    await probeCreation(probe);
    await probeReplacement(probe);
    await probeDeletion(probe);
    await probeRace(probe);
  } finally {
    await deleteProbe(probe);
  }
  await store.sweep?.();
}

async function probeCreation({ store, prefix, options }: Probe): Promise<void> {
  const key = `${prefix}creation`;
  const first = await store.put(key, bytesOf("first"), { ifAbsent: true }, options);
  check(first.written, "a name that is free can be created");
  const again = await store.put(key, bytesOf("second"), { ifAbsent: true }, options);
  check(!again.written, "a name that is taken is not created again");
  const object = await store.get(key, options);
  check(textOf(object?.bytes) === "first", "a write is read back as it was written");
  check(object?.version === versionOf(first), "a read shows the version of the write");
  const page = await store.list(prefix, options);
  const entry = page.entries[0];
  check(entry?.key === key && entry.version === versionOf(first), "a write is listed at once");
}

async function probeReplacement({ store, prefix, options }: Probe): Promise<void> {
  const key = `${prefix}replacement`;
  const first = await store.put(key, bytesOf("same"), { ifAbsent: true }, options);
  const ifVersion = versionOf(first);
  const second = await store.put(key, bytesOf("same"), { ifVersion }, options);
  check(second.written, "the version that stands can be replaced");
  check(versionOf(second) !== ifVersion, "equal bytes get another version");
  const stale = await store.put(key, bytesOf("lost"), { ifVersion }, options);
  check(!stale.written, "a version that no longer stands is not replaced");
  const object = await store.get(key, options);
  check(textOf(object?.bytes) === "same", "a lost replacement changes nothing");
}

async function probeDeletion({ store, prefix, options }: Probe): Promise<void> {
  const key = `${prefix}deletion`;
  const first = await store.put(key, bytesOf("same"), { ifAbsent: true }, options);
  const ifVersion = versionOf(first);
  const second = await store.put(key, bytesOf("same"), { ifVersion }, options);
  const stale = await store.delete(key, { ...options, ifVersion });
  check(!stale.deleted, "a version that no longer stands is not deleted");
  check((await store.get(key, options)) !== undefined, "a lost deletion changes nothing");
  const deleted = await store.delete(key, { ...options, ifVersion: versionOf(second) });
  check(deleted.deleted, "the version that stands can be deleted");
  check((await store.get(key, options)) === undefined, "what was deleted is not read");
  const page = await store.list(key, options);
  check(page.entries.length === 0, "what was deleted is not listed");
  const third = await store.put(key, bytesOf("same"), { ifAbsent: true }, options);
  check(
    third.written && ![ifVersion, versionOf(second)].includes(versionOf(third)),
    "a name that is created again gets another version",
  );
}

async function probeRace({ store, prefix, options }: Probe): Promise<void> {
  const key = `${prefix}race`;
  const racers = Array.from({ length: RACERS }, (_, racer) =>
    store.put(key, bytesOf(`racer ${racer}`), { ifAbsent: true }, options),
  );
  await Promise.allSettled(racers); // None may still write when the probe is deleted.
  const outcomes = await Promise.all(racers);
  const winners = outcomes.flatMap(({ written }, racer) => (written ? [racer] : []));
  check(winners.length === 1, `one of ${RACERS} racing creators wins, not ${winners.length}`);
  const object = await store.get(key, options);
  check(textOf(object?.bytes) === `racer ${winners[0]}`, "the winner's bytes are what stands");
}

/** Deletes what this probe made, and what others left long ago by the store's own clock. */
async function deleteProbe({ store, prefix }: Probe): Promise<void> {
  const entries: ObjectEntry[] = [];
  // Not by the caller's signal: an interrupted probe is cleaned up too.
  for await (const entry of listAll(store, PROBES)) entries.push(entry);
  const nowMs = Math.max(...entries.map(({ modifiedMs }) => modifiedMs));
  for (const { key, modifiedMs } of entries) {
    if (key.startsWith(prefix) || modifiedMs < nowMs - PROBE_MS_MAX) await store.delete(key);
  }
}

function check(holds: boolean, rule: string): asserts holds {
  if (holds) return;
  throw new ShaleError(
    "STORE_RULES_BROKEN",
    `Cannot keep events in this store: it breaks the rule that ${rule}`,
    { details: { rule } },
  );
}

function versionOf(outcome: PutOutcome): string {
  check(outcome.written, "a write whose condition holds is written");
  return outcome.version;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}
