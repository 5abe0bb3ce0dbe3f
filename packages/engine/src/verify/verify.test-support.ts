import type { Env } from "@shale/env";
import {
  inlineWorkers,
  memoryDisk,
  memoryStore,
  silentLogger,
  systemClock,
  systemRandom,
} from "@shale/env";
import { type ProjectId, projectId } from "@shale/model";

export const shop: ProjectId = projectId("shop");

/** A world in memory on 2026-10-05, in which every other process is dead. */
export function worldOf(): Env {
  const clock = systemClock();
  const startMs = clock.monotonicMs();
  return {
    clock: {
      ...clock,
      nowMs: () => Date.UTC(2026, 9, 5) + Math.floor(clock.monotonicMs() - startMs),
    },
    random: systemRandom(),
    logger: silentLogger,
    processes: {
      self: { host: "here", pid: 1, started: "" },
      stateOf: ({ pid }) => (pid === 1 ? "alive" : "dead"),
    },
    store: memoryStore(),
    disk: memoryDisk(),
    workers: inlineWorkers({}),
  };
}

/** One event an hour from 2026-10-01 on, of 13 users; every tenth one with an insert_id. */
export function eventsOf(first: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    event: i % 3 === 0 ? "buy" : "view",
    user_id: `u${(first + i) % 13}`,
    time: Date.UTC(2026, 9, 1) + (first + i) * 3_600_000,
    ...(i % 10 === 0 ? { insert_id: `id-${first + i}` } : {}),
    properties: { n: first + i, page: `/p${i % 3}` },
  }));
}

export async function keysUnder({ store }: Env, prefix: string): Promise<string[]> {
  return (await store.list(`shop/${prefix}`)).entries.map(({ key }) => key);
}

export type ByteChange = (bytes: Uint8Array) => Uint8Array;

export async function changeBytes({ store }: Env, key: string, change: ByteChange): Promise<void> {
  const bytes = change(await bytesOf({ store }, key));
  await store.put(key, bytes, { always: true });
}

export async function bytesOf({ store }: Pick<Env, "store">, key: string): Promise<Uint8Array> {
  return Uint8Array.from((await store.get(key))?.bytes ?? []);
}

/** Flipped bits, evenly spread, a cut, an emptied object, and another object's bytes. */
export function damagesOf(whole: Uint8Array, other: Uint8Array, flipCount = 12): ByteChange[] {
  const bits = whole.length * 8;
  const flips = Array.from({ length: flipCount }, (_, i) => Math.floor((bits * i) / flipCount));
  return [
    ...flips.map((bit) => (bytes: Uint8Array) => {
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return bytes;
    }),
    (bytes) => bytes.subarray(0, bytes.length - 1),
    () => new Uint8Array(0),
    () => other,
  ];
}
