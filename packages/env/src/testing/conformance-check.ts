import assert from "node:assert/strict";
import type { ObjectStore, PutOutcome } from "../object-store.ts";
import { listAll } from "../object-store.ts";

/** Checks one rule on an empty store. */
export type ConformanceCheck = (store: ObjectStore) => Promise<void>;
export type ConformanceChecks = Readonly<Record<string, ConformanceCheck>>;

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The object as text; undefined when there is none. */
export async function readText(store: ObjectStore, key: string): Promise<string | undefined> {
  const object = await store.get(key);
  return object && new TextDecoder().decode(object.bytes);
}

/** Creates the object and returns its version. */
export async function createText(store: ObjectStore, key: string, text: string): Promise<string> {
  return versionOfWritten(await store.put(key, bytesOf(text), { ifAbsent: true }));
}

export function versionOfWritten(outcome: PutOutcome): string {
  assert.ok(outcome.written, "a write whose condition holds is written");
  assert.equal(typeof outcome.version, "string");
  return outcome.version;
}

export async function listKeys(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix)) keys.push(key);
  return keys;
}
