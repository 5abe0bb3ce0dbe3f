import type { Env, ObjectStore } from "@shale/env";
import { memoryStore } from "@shale/env";
import type { CatalogVector } from "@shale/format";
import { specNameOf } from "@shale/model";
import { beginClaim } from "../src/manifest/begin-claim.ts";
import { openManifest } from "../src/manifest/open-manifest.ts";
import type { Pin } from "../src/pin/pin.ts";
import { createProject } from "../src/projects.ts";
import { registerWriter } from "../src/writers.ts";
import { envOver } from "./log-chain.ts";
import type { PausedStore } from "./paused-store.ts";
import { pausedStore } from "./paused-store.ts";
import { shop } from "./tail.ts";

export interface Shop {
  /** The store behind, for what others do. */
  readonly store: ObjectStore;
  readonly view: PausedStore;
  readonly env: Env;
}

/** A project with `writerCount` writers, read through a store that can be stopped. */
export async function openShop(writerCount: number): Promise<Shop> {
  const store = memoryStore();
  const outside = envOver(store, 1);
  await createProject(outside, { project: shop, shards: 200 });
  for (let i = 0; i < writerCount; i++) await registerWriter(outside, shop);
  const view = pausedStore(store);
  return { store, view, env: envOver(view, 2) };
}

export function hiOf(pin: Pin): [number, number, number][] {
  return [...pin.hi].map(([writer, { n, lastSeq }]) => [writer, n, lastSeq]);
}
export function tailOf(pin: Pin): string[] {
  return pin.tail.map(({ writer, n }) => `${writer}/${n}`);
}

/** A group's first manifest, with the watermarks that a drain would have left. */
export async function drainTo(
  store: ObjectStore,
  group: number,
  positions: CatalogVector["positions"],
  infinite: CatalogVector["infinite"] = [],
): Promise<void> {
  const outside = envOver(store, 77 + group);
  const place = { project: shop, spec: specNameOf(0), group };
  const chain = openManifest(outside, place);
  const first = { positions, infinite };
  await beginClaim(outside, chain, { ...place, kind: "drain", inputs: [], first });
}
