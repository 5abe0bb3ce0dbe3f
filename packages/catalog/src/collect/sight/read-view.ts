import type { CallOptions, Env, ObjectEntry } from "@shale/env";
import { listAll } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { existing, loadCatalog } from "../../open-catalog.ts";
import { patientEnv } from "../../patient-env.ts";
import type { CollectionView } from "../collection.ts";
import { readCondemned } from "../condemned.ts";
import { readWorkPins } from "../work-pins.ts";
import { readGroupsWhole } from "./read-groups-whole.ts";
import { readStoreNow } from "./store-now.ts";

/** What does not change when records and pins are read again. */
export type CollectionSight = Pick<CollectionView, "listed" | "groups" | "catalog">;

/**
 * Looks at the whole project in the order that makes a decision safe: the listing, the manifests,
 * the catalog, and then the manifests of specs that were not known before (C5).
 *
 * @throws {ShaleError} whatever cannot be read whole
 */
export async function readSight(
  env: Env,
  project: ProjectId,
  options: CallOptions = {},
): Promise<CollectionSight> {
  const before = await loadCollectable(env, project);
  const listed = await listProject(env, project, options);
  const first = await readGroupsWhole(env, before, { ...options, specs: before.specs, listed });
  const catalog = await loadCollectable(env, project);
  const known = new Set(before.specs.map(({ spec }) => spec));
  const specs = catalog.specs.filter(({ spec }) => !known.has(spec));
  const later = await readGroupsWhole(env, catalog, { ...options, specs, listed });
  return { listed, groups: [...first, ...later], catalog };
}

/** @throws {ShaleError} PROJECT_NOT_FOUND; FORMAT_UNKNOWN for what this version must not touch */
export async function loadCollectable(env: Env, project: ProjectId): Promise<CatalogDocument> {
  const catalog = existing(await loadCatalog(env, project), project);
  if (catalog.loads.length === 0) return catalog;
  throw new ShaleError(
    "FORMAT_UNKNOWN",
    `Cannot collect project "${project}": this version cannot read its bulk loads`,
  );
}

async function listProject(
  env: Env,
  project: ProjectId,
  options: CallOptions,
): Promise<readonly ObjectEntry[]> {
  const { store } = patientEnv(env);
  const listed: ObjectEntry[] = [];
  for await (const entry of listAll(store, `${project}/`, options)) listed.push(entry);
  return listed;
}

/** What is read after the manifests: the pins first, so that a record may name them. */
export async function readStandings(
  env: Env,
  project: ProjectId,
  options: CallOptions & { readonly dryRun: boolean; readonly listed: readonly ObjectEntry[] },
): Promise<Pick<CollectionView, "pins" | "records" | "storeNowMs">> {
  const pins = await readWorkPins(env, project, options);
  const records = await readCondemned(env, project, options);
  // A dry run writes nothing: the newest write that was listed is no later than now.
  const storeNowMs = options.dryRun
    ? options.listed.reduce((latest, { modifiedMs }) => Math.max(latest, modifiedMs), 0)
    : await readStoreNow(env, project, options);
  return { pins, records, storeNowMs };
}
