import { loadCatalog, loadEntries, loadManifests, tailPlaceOfKey } from "@shale/catalog";
import type { Env } from "@shale/env";
import { listAll } from "@shale/env";
import { project } from "./world.ts";

/**
 * Deletes what a collector without any grace would: day files that no manifest lists and no claim
 * protects, and drained tail objects but for each writer's highest.
 */
export async function sweep(env: Env): Promise<number> {
  const keys: string[] = [];
  for await (const { key } of listAll(env.store, `${project}/`)) keys.push(key);
  const catalog = (await loadCatalog(env, project))!;
  const listed = new Set<string>();
  const drained = new Map<number, number>();
  for (const { spec, shards } of catalog.specs) {
    for (const manifest of (await loadManifests(env, project, spec, shards)).values()) {
      if (manifest === undefined) return 0;
      for (const { id } of await loadEntries(env, manifest, "all")) listed.add(id);
      for (const { id } of manifest.claims) listed.add(id);
      for (const [writer, { n }] of Object.entries(manifest.watermarks.positions)) {
        drained.set(Number(writer), Math.min(n, drained.get(Number(writer)) ?? n));
      }
    }
  }
  const heads = new Map<number, number>();
  for (const key of keys) {
    const place = tailPlaceOfKey(key);
    if (place !== undefined) heads.set(place.writer, place.n);
  }
  let count = 0;
  for (const key of keys) {
    const place = tailPlaceOfKey(key);
    const id = /([0-9a-f]{32})-[0-9]+\.parquet$/.exec(key);
    const isDrained =
      place !== undefined &&
      place.n <= (drained.get(place.writer) ?? 0) &&
      place.n < (heads.get(place.writer) ?? 0);
    const isLeft =
      id !== null && !listed.has(id[1]!) && !listed.has(id[0].slice(0, -".parquet".length));
    if (!isDrained && !isLeft) continue;
    await env.store.delete(key);
    count++;
  }
  return count;
}
