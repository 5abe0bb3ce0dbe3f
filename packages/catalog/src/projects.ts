import type { Env, ObjectStore } from "@shale/env";
import { nonceOf } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { chainVersion, checkShards, specNameOf } from "@shale/model";
import { catalogPrefix, numberBehind, projectOfKey } from "./object-keys.ts";
import { openCatalog } from "./open-catalog.ts";
import { patientEnv } from "./patient-env.ts";

export interface ProjectCreation {
  readonly project: ProjectId;
  /** 1 to 65,536; counts only when the project is made now. */
  readonly shards: number;
}

/**
 * Makes a project with spec A, or finds the one that is there.
 *
 * @throws {ShaleError} SHARDS_INVALID, CATALOG_CONFLICT, STORE_UNAVAILABLE
 */
export async function createProject(
  env: Env,
  { project, shards }: ProjectCreation,
): Promise<CatalogDocument> {
  checkShards(shards);
  const first = firstCatalogOf(project, shards, {
    createdMs: Math.max(0, env.clock.nowMs()),
    tombstoneKey: nonceOf(env.random),
  });
  // Its own mark is that the project exists.
  return await openCatalog(env, project).commit((newest) =>
    newest === undefined ? first : undefined,
  );
}

function firstCatalogOf(
  project: ProjectId,
  shards: number,
  { createdMs, tombstoneKey }: Pick<CatalogDocument, "createdMs" | "tombstoneKey">,
): CatalogDocument {
  const spec = specNameOf(0);
  return {
    project,
    version: chainVersion(1),
    nonces: [],
    createdMs,
    specs: [{ spec, shards, hash: "xxh64", createdMs, closedMs: null }],
    live: spec,
    fed: [spec],
    behind: [],
    operation: null,
    transitions: [],
    cutPending: null,
    cuts: [],
    writers: [],
    nextOrdinal: 1,
    retired: [],
    tombstones: [],
    nextTombstone: 1,
    tombstoneKey,
    loads: [],
    retention: { keepMs: null, firstDay: null },
    audit: [],
  };
}

/** The projects of the store, sorted. A folder without a catalog is none. */
export async function listProjects(env: Env): Promise<readonly ProjectId[]> {
  const { store } = patientEnv(env);
  const projects: ProjectId[] = [];
  let after: string | undefined;
  while (true) {
    const page = await store.list("", { after, limit: 1 });
    const key = page.entries[0]?.key;
    if (key === undefined) return projects.sort();
    const project = projectOfKey(key);
    if (project !== undefined && (await hasCatalog(store, project))) projects.push(project);
    // "0" is the character after "/": this is behind everything in the folder, and before the next.
    const end = key.indexOf("/");
    after = end < 0 ? key : `${key.slice(0, end)}0`;
  }
}

async function hasCatalog(store: ObjectStore, project: ProjectId): Promise<boolean> {
  const prefix = catalogPrefix(project);
  const page = await store.list(prefix, { limit: 1 });
  return page.entries.some(({ key }) => numberBehind(prefix, key) !== undefined);
}
