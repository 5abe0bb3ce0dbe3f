import type { CallOptions, Env, ObjectEntry } from "@shale/env";
import { fanOut, listAll, nonceOf } from "@shale/env";
import type { CondemnedObject, CondemnedRecord } from "@shale/format";
import { decodeCondemnedRecord, encodeCondemnedRecord } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { patientEnv } from "../patient-env.ts";
import { condemnedPrefix, isNonceKey } from "./collect-keys.ts";

/** Objects that one record names: a run that ends early leaves whole records. */
const OBJECTS_PER_RECORD = 1_000;
const READ_CONCURRENCY = 16;

/** A record as it stands in the store. Its time is the store's: it begins the grace (R5). */
export interface StandingRecord {
  readonly entry: ObjectEntry;
  readonly record: CondemnedRecord;
}

/**
 * Names objects that no new reader can reach, and the work pins that stood after they had been
 * found unreachable.
 *
 * @throws {ShaleError} what the store throws: the same objects may be condemned again
 */
export async function writeCondemned(
  env: Env,
  project: ProjectId,
  condemned: { readonly objects: readonly CondemnedObject[]; readonly pins: readonly string[] },
  options: CallOptions = {},
): Promise<void> {
  const { store } = patientEnv(env);
  const { objects, pins } = condemned;
  for (let start = 0; start < objects.length; start += OBJECTS_PER_RECORD) {
    const record: CondemnedRecord = {
      objects: objects.slice(start, start + OBJECTS_PER_RECORD),
      pins,
      atMs: Math.max(0, env.clock.nowMs()),
    };
    const key = condemnedPrefix(project) + nonceOf(env.random);
    await store.put(key, encodeCondemnedRecord(record), { ifAbsent: true }, options);
  }
}

/** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN, and what the store throws */
export async function readCondemned(
  env: Env,
  project: ProjectId,
  options: CallOptions = {},
): Promise<readonly StandingRecord[]> {
  const { store } = patientEnv(env);
  const prefix = condemnedPrefix(project);
  const entries: ObjectEntry[] = [];
  for await (const entry of listAll(store, prefix, options)) {
    if (isNonceKey(prefix, entry.key)) entries.push(entry);
  }
  const records = await fanOut(
    entries,
    { concurrency: READ_CONCURRENCY, signal: options.signal },
    async (entry, signal) => {
      const stored = await store.get(entry.key, { signal });
      if (stored === undefined) return undefined; // Another collector has done with it.
      return { entry, record: decodeCondemnedRecord(stored.bytes, { key: entry.key }) };
    },
  );
  return records.filter((record) => record !== undefined);
}
