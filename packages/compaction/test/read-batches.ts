import { dayFileKey, loadCatalog, loadEntries, loadManifests } from "@shale/catalog";
import type { StoredBatch } from "@shale/columns";
import type { Env } from "@shale/env";
import type { SpecName } from "@shale/model";
import { storedRowsOf, wholeFileOf } from "../src/task/file-rows.ts";
import { hasher, project } from "./world.ts";

/** The rows of every day file of a spec. */
export async function readBatches(env: Env, spec: SpecName): Promise<readonly StoredBatch[]> {
  const catalog = (await loadCatalog(env, project))!;
  const { shards } = catalog.specs.find((one) => one.spec === spec)!;
  const batches: StoredBatch[] = [];
  for (const manifest of (await loadManifests(env, project, spec, shards)).values()) {
    for (const entry of manifest === undefined ? [] : await loadEntries(env, manifest, "all")) {
      const key = dayFileKey(project, spec, entry);
      const { bytes } = (await env.store.get(key))!;
      batches.push(storedRowsOf(wholeFileOf(key, bytes, entry.footerBytes), hasher));
    }
  }
  return batches;
}
