import { catalogPrefix, catalogVersionOfKey } from "@shale/catalog";
import type { Env } from "@shale/env";
import { listAll } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { decodeCatalog } from "@shale/format";
import { projectId } from "@shale/model";
import type { CommandRun } from "../world/running-process.ts";
import { PROJECT } from "../world/running-process.ts";

export const project = projectId(PROJECT);

/** Somebody of whom the processes know nothing, and whose reads no fault strikes. */
export function onlooker({ system: { world } }: CommandRun): Env {
  return { ...world, store: world.bareStore };
}

/**
 * The newest catalog as it lies in the store; undefined when there is none. What it shows of cuts
 * is remembered: what was in the store before a cut is below it, what came afterwards is above.
 */
export async function peekCatalog(run: CommandRun): Promise<CatalogDocument | undefined> {
  const { appends } = run.model;
  const shared = new Set([...appends.values()].filter((sent) => sent.isShared).map(nameOf));
  const catalog = await newestIn(run);
  if (catalog === undefined) return undefined;
  const { cuts, cutPending } = catalog;
  if (cutPending === null) noteCuts(run, cuts.length, shared);
  return catalog;
}

/** Decodes each content of an object once: a version of the store names it. */
async function newestIn(run: CommandRun): Promise<CatalogDocument | undefined> {
  const { world, catalogs } = run.system;
  let newest: { readonly key: string; readonly version: string } | undefined;
  for await (const entry of listAll(world.bareStore, catalogPrefix(project))) {
    if (catalogVersionOfKey(entry.key) !== undefined) newest = entry;
  }
  if (newest === undefined) return undefined;
  const { key, version } = newest;
  const known = catalogs.get(version);
  if (known !== undefined) return known;
  const stored = await world.bareStore.get(key);
  // Pruned since it was listed: a later one stands.
  if (stored === undefined) return await newestIn(run);
  const catalog = decodeCatalog(stored.bytes, { key });
  catalogs.set(stored.version, catalog);
  return catalog;
}

function noteCuts({ model, system }: CommandRun, count: number, shared: ReadonlySet<string>): void {
  for (let number = 0; number < count; number++) {
    const bounds = system.cuts.get(number) ?? { below: new Set(), notAbove: undefined };
    bounds.notAbove ??= new Set(model.appends.keys());
    system.cuts.set(number, bounds);
  }
  system.cuts.set(count, { below: shared, notAbove: undefined });
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}
