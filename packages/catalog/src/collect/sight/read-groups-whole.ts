import type { CallOptions, Env, ObjectEntry } from "@shale/env";
import { fanOut } from "@shale/env";
import type { CatalogDocument, CatalogSpec, DayFileEntry, ManifestDocument } from "@shale/format";
import type { ProjectId, SpecName } from "@shale/model";
import { chainVersion, groupCountOf, ShaleError } from "@shale/model";
import { loadEntries } from "../../manifest/load-entries.ts";
import type { ManifestPlace } from "../../manifest/manifest-place.ts";
import { openManifest } from "../../manifest/open-manifest.ts";
import { dayFileKey, manifestKey } from "../../object-keys.ts";
import { patientEnv } from "../../patient-env.ts";
import type { GroupView } from "../collection.ts";
import { groupNameOf } from "../tail-floors.ts";

const READ_CONCURRENCY = 16;
/** Versions that may follow each other while a group is being read. */
const READ_COUNT_MAX = 16;

/** Every group of these specs, whether it has a manifest or not. */
export function placesOf(
  project: ProjectId,
  specs: readonly CatalogSpec[],
): readonly ManifestPlace[] {
  return specs.flatMap(({ spec, shards }) =>
    Array.from({ length: groupCountOf(shards) }, (_, group) => ({ project, spec, group })),
  );
}

/**
 * The newest manifest of every group of these specs, by `groupNameOf`.
 *
 * @throws {ShaleError} what cannot be read whole: nothing may be decided without it
 */
export async function readManifests(
  env: Env,
  project: ProjectId,
  specs: readonly CatalogSpec[],
  options: CallOptions = {},
): Promise<ReadonlyMap<string, ManifestDocument>> {
  const found = await fanOut(
    placesOf(project, specs),
    { concurrency: READ_CONCURRENCY, signal: options.signal },
    (place, signal) => readNewest(env, place, { signal }),
  );
  const manifests = found.filter((manifest) => manifest !== undefined);
  return new Map(manifests.map((one) => [groupNameOf(one.spec, one.group), one]));
}

/**
 * The newest manifest. The number behind it is asked for by name: a listing that leaves something
 * out must not make an old version the newest, since what it does not list is deleted.
 */
async function readNewest(
  env: Env,
  place: ManifestPlace,
  options: CallOptions,
): Promise<ManifestDocument | undefined> {
  const chain = openManifest(env, place);
  const { store } = patientEnv(env);
  for (let count = 1; count <= READ_COUNT_MAX; count++) {
    const manifest = await chain.loadNewest(options);
    if (manifest === undefined) return undefined;
    const next = chainVersion(manifest.version + 1);
    const key = manifestKey(place.project, place.spec, place.group, next);
    if ((await store.head(key, options)) === undefined) return manifest;
  }
  throw restless(place);
}

/** As `readManifests`, with all files of those open; with a listing, each is known to be there. */
export async function readGroupsWhole(
  env: Env,
  { project }: CatalogDocument,
  reading: CallOptions & {
    readonly specs: readonly CatalogSpec[];
    /** What was listed before; what it does not show is asked for by name. */
    readonly listed?: readonly ObjectEntry[] | undefined;
  },
): Promise<readonly GroupView[]> {
  const { specs, listed, signal } = reading;
  const keys = listed && new Set(listed.map(({ key }) => key));
  const groups = await fanOut(
    placesOf(project, specs),
    { concurrency: READ_CONCURRENCY, signal },
    (place, stop) => readGroup(env, place, { keys, signal: stop }),
  );
  return groups.filter((group) => group !== undefined);
}

interface GroupReading extends CallOptions {
  readonly keys: ReadonlySet<string> | undefined;
}

async function readGroup(
  env: Env,
  place: ManifestPlace,
  reading: GroupReading,
): Promise<GroupView | undefined> {
  let seen: { readonly version: number; readonly missing: string } | undefined;
  for (let count = 1; count <= READ_COUNT_MAX; count++) {
    const manifest = await readNewest(env, place, reading);
    if (manifest === undefined) return undefined;
    // What an aborted spec leaves is the reshard's to delete (S6): some of it may be gone.
    if (manifest.closedMs !== null) return { manifest, files: [] };
    // Twice in one version: nothing newer explains it.
    if (seen?.version === manifest.version) throw missing(seen.missing);
    const outcome = await readFiles(env, manifest, reading);
    if ("files" in outcome) return { manifest, files: outcome.files };
    seen = { version: manifest.version, missing: outcome.missing };
  }
  throw restless(place);
}

async function readFiles(
  env: Env,
  manifest: ManifestDocument,
  { keys, signal }: GroupReading,
): Promise<{ readonly files: readonly DayFileEntry[] } | { readonly missing: string }> {
  const { project, spec } = manifest;
  try {
    const files = await loadEntries(env, manifest, "all", { signal });
    if (keys === undefined) return { files };
    const unlisted = files
      .map((file) => dayFileKey(project, spec, file))
      .filter((key) => !keys.has(key));
    const gone = await fanOut(unlisted, { concurrency: READ_CONCURRENCY, signal }, (key, stop) =>
      isGone(env, key, { signal: stop }),
    );
    const missing = unlisted.find((_, i) => gone[i]);
    return missing === undefined ? { files } : { missing };
  } catch (error) {
    if (!(error instanceof ShaleError) || error.code !== "PIN_UNSTABLE") throw error;
    const { missingKey } = error.details ?? {};
    return { missing: String(missingKey) };
  }
}

async function isGone(env: Env, key: string, options: CallOptions): Promise<boolean> {
  return (await patientEnv(env).store.head(key, options)) === undefined;
}

function missing(key: string): ShaleError {
  return new ShaleError(
    "OBJECT_MISSING",
    `Cannot collect: ${key} is gone, and the newest manifest lists it; nothing was deleted`,
    { details: { key } },
  );
}

function restless({ spec, group }: { spec: SpecName; group: number }): ShaleError {
  return new ShaleError(
    "CATALOG_CONFLICT",
    `Cannot collect: group ${group} of spec ${spec} changed ${READ_COUNT_MAX} times while it was read`,
  );
}
