import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { Day, ProjectId, WriterOrdinal } from "@shale/model";
import { invariant } from "@shale/model";
import { runTombstoneRetirement } from "../delete/run-tombstone-retirement.ts";
import { closeGroups } from "./close-groups.ts";
import type {
  CollectAction,
  CollectionOptions,
  CollectionPlan,
  CollectionProgress,
  CollectionReport,
  CollectionView,
} from "./collection.ts";
import { writeCondemned } from "./condemned.ts";
import {
  dropClaims,
  planAbandonedClaims,
  planRetiredWriters,
  pruneChains,
  retireInManifests,
} from "./end-jobs.ts";
import { condemnedBy, deletePlanned, dropStalePins } from "./execute-plan.ts";
import { planCollection } from "./plan-collection.ts";
import { raiseFirstDay, withFirstDay } from "./retention.ts";
import { retireInCatalog } from "./retired-writers.ts";
import { otherProcessLives } from "./sight/live-processes.ts";
import { readManifests } from "./sight/read-groups-whole.ts";
import type { CollectionSight } from "./sight/read-view.ts";
import { loadCollectable, readSight, readStandings } from "./sight/read-view.ts";
import { readStoreNow } from "./sight/store-now.ts";
import { readTailEnds } from "./sight/tail-ends.ts";

export const COLLECT_GRACE_MS = 3_600_000;
/** Plans that may turn out to rest on pins that were renewed meanwhile. */
const PLAN_COUNT_MAX = 8;

interface Run extends CallOptions {
  readonly env: Env;
  readonly project: ProjectId;
  readonly options: CollectionOptions;
  readonly dryRun: boolean;
  readonly by: string;
  /** What a dry run would do, in the order in which it would. */
  readonly actions: CollectAction[];
  progress(step: CollectionProgress["step"], done: number, total: number): void;
}

/**
 * Deletes what nothing needs any more: raises `firstDay` (C6), drops the claims of dead jobs (C2),
 * retires writers (W7), condemns and deletes unreachable objects (C5, R5), prunes the chains (P3),
 * and retires tombstones (D2). Any number of processes may do it at once, and a run that ended
 * early is simply repeated.
 *
 * What cannot be read whole, a listing, a manifest, a page, ends the run before it deletes
 * anything.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, OBJECT_MISSING, OBJECT_CORRUPT, FORMAT_UNKNOWN,
 * CATALOG_CONFLICT, and what the store throws: repeat it
 */
export async function runCollection(
  env: Env,
  project: ProjectId,
  options: CollectionOptions = {},
): Promise<CollectionReport> {
  const { signal, dryRun = false, by = "collect", onProgress } = options;
  const run: Run = {
    ...{ env, project, options, dryRun, by, signal, actions: [] },
    progress: (step, done, total) => onProgress?.({ step, done, total }),
  };
  // Tombstones retire by what is seen after this catalog, in which they stand (D2).
  const first = await loadCollectable(env, project);
  const firstDay = await raiseDay(run, first);
  const { droppedClaims, retiredWriters } = await endWork(run);
  const sight = await readSight(env, project, { signal });
  run.progress("look", sight.listed.length, sight.listed.length);
  const swept = await sweep(run, sight);
  if (!dryRun) await prune(run, sight);
  const retiredTombstones = await runTombstoneRetirement(env, first, { dryRun, by, signal });
  if (retiredTombstones.length > 0) {
    run.actions.push({ kind: "retire-tombstones", numbers: retiredTombstones });
  }
  run.progress("tombstones", retiredTombstones.length, first.tombstones.length);
  return {
    ...swept,
    firstDay,
    droppedClaims,
    retiredWriters,
    retiredTombstones,
    ...(dryRun ? { actions: run.actions } : {}),
  };
}

/** By the lesser of two clocks: one that is ahead would hide days for good. */
async function raiseDay(run: Run, catalog: CatalogDocument): Promise<Day | null> {
  const { env, project, dryRun, signal } = run;
  const planned = withFirstDay(catalog, env.clock.nowMs());
  if (planned === undefined) return catalog.retention.firstDay;
  if (dryRun) {
    const day = planned.retention.firstDay;
    if (day !== null) run.actions.push({ kind: "raise-first-day", day });
    return catalog.retention.firstDay;
  }
  const nowMs = Math.min(env.clock.nowMs(), await readStoreNow(env, project, { signal }));
  return await raiseFirstDay(env, project, nowMs, { signal });
}

/**
 * Ends jobs of the dead and retires writers: what they leave can be collected by this very run.
 */
async function endWork(run: Run) {
  const { env, project, dryRun, by, signal } = run;
  const { specs } = await loadCollectable(env, project);
  if (!dryRun) for (const spec of specs) await closeGroups(env, project, spec, { signal });
  // The positions first, the catalog second (C5).
  const manifests = await readManifests(env, project, specs, { signal });
  const catalog = await loadCollectable(env, project);
  const claims = planAbandonedClaims(manifests, env.processes, env.clock.nowMs());
  const ordinals = catalog.writers.map(({ ordinal }) => ordinal);
  const ends = await readTailEnds(env, project, ordinals, { signal });
  const writers = planRetiredWriters(catalog, manifests, ends);
  for (const { manifest, claim } of claims) {
    const { spec, group } = manifest;
    const action = {
      kind: "drop-claim",
      spec,
      group,
      claim: claim.id,
      owner: claim.owner,
    } as const;
    run.actions.push(action);
  }
  if (writers.length > 0) run.actions.push({ kind: "retire-writers", writers });
  if (dryRun) return { droppedClaims: 0, retiredWriters: [] };
  await dropClaims(env, claims, { signal });
  run.progress("claims", claims.length, claims.length);
  const known = catalog.specs.filter(({ spec }) => specs.some((one) => one.spec === spec));
  const names = known.map(({ spec }) => spec);
  const retirement = await retire(run, writers, { specs: names, by, signal });
  await retireInManifests(env, retirement.catalog ?? catalog, manifests, { signal });
  run.progress("writers", retirement.retired.length, writers.length);
  return { droppedClaims: claims.length, retiredWriters: retirement.retired };
}

async function retire(
  { env, project }: Run,
  writers: readonly WriterOrdinal[],
  retirement: Parameters<typeof retireInCatalog>[3],
): Promise<{ retired: readonly WriterOrdinal[]; catalog?: CatalogDocument }> {
  if (writers.length === 0) return { retired: [] };
  return await retireInCatalog(env, project, writers, retirement);
}

type Swept = Pick<
  CollectionReport,
  "deletedObjects" | "deletedBytes" | "kept" | "condemned" | "graceMs"
>;

/** Condemns, and deletes what was condemned long enough ago. */
async function sweep(run: Run, sight: CollectionSight): Promise<Swept> {
  const { env, project, options, dryRun, signal } = run;
  const reading = { dryRun, listed: sight.listed, signal };
  const standings = await readStandings(env, project, reading);
  const graceMs = options.graceMs ?? (await graceOf(run, { ...sight, ...standings }));
  const view: CollectionView = { ...sight, ...standings, graceMs };
  const plan = planCollection(view);
  const objects = condemnedBy(plan);
  if (dryRun) {
    const later = graceMs > 0 ? plan : planCollection(afterCondemning(view, objects));
    run.actions.push(...plan.actions.filter(({ kind }) => kind === "condemn"));
    run.actions.push(...later.actions.filter(isOfStore));
    return { ...nothingDeleted, kept: later.kept, condemned: 0, graceMs };
  }
  const pins = view.pins.map(({ nonce }) => nonce);
  await writeCondemned(env, project, { objects, pins }, { signal });
  run.progress("condemn", objects.length, objects.length);
  const ready = await planWithoutStalePins(run, view);
  const { changed, ...deleted } = await deletePlanned(env, ready.actions, {
    signal,
    onDone: (done, total) => run.progress("delete", done, total),
  });
  const late = changed === 0 ? [] : [{ why: "changed", objects: changed } as const];
  return { ...deleted, kept: [...ready.kept, ...late], condemned: objects.length, graceMs };
}

const nothingDeleted = { deletedObjects: 0, deletedBytes: 0 };

async function graceOf(run: Run, view: Omit<CollectionView, "graceMs">): Promise<number> {
  const { env, project, signal } = run;
  const ordinals = view.catalog.writers.map(({ ordinal }) => ordinal);
  const ends = await readTailEnds(env, project, ordinals, { signal });
  return otherProcessLives(env, { ...view, ends }) ? COLLECT_GRACE_MS : 0;
}

/** Not about the record that a dry run only imagines, nor said before. */
function isOfStore(action: CollectAction): boolean {
  return !(action.kind === "condemn" || (action.kind === "drop-record" && action.entry.key === ""));
}

/** As if what is condemned now had its record. */
function afterCondemning(
  view: CollectionView,
  objects: ReturnType<typeof condemnedBy>,
): CollectionView {
  const { storeNowMs: modifiedMs, pins } = view;
  const entry = { key: "", size: 0, version: "", modifiedMs };
  const record = { objects, pins: pins.map(({ nonce }) => nonce), atMs: 0 };
  return { ...view, records: [...view.records, { entry, record }] };
}

/**
 * Plans with records and pins as they are by now, and removes stale pins before it relies on their
 * being stale: their owners must find them gone before what they pinned is.
 */
async function planWithoutStalePins(run: Run, view: CollectionView): Promise<CollectionPlan> {
  const { env, project, signal } = run;
  const reading = { dryRun: false, listed: view.listed, signal };
  for (let count = 1; count <= PLAN_COUNT_MAX; count++) {
    const plan = planCollection({ ...view, ...(await readStandings(env, project, reading)) });
    const stale = plan.actions.filter((action) => action.kind === "drop-pin");
    if (stale.length === 0) return plan;
    await dropStalePins(env, stale, { signal });
  }
  invariant(false, `stale pins are removed in less than ${PLAN_COUNT_MAX} rounds`);
}

/** What fails here costs space, and is tried again by the next run. */
async function prune(run: Run, { groups }: CollectionSight): Promise<void> {
  const { env, project, signal } = run;
  const manifests = groups.map(({ manifest }) => manifest);
  try {
    await pruneChains(env, project, manifests, { signal });
    // Half-written objects of the dead may hold rows of deleted users (D2).
    await env.store.sweep?.();
  } catch (error) {
    signal?.throwIfAborted();
    env.logger.warn("old versions could not be pruned", { project, error });
  }
  run.progress("prune", manifests.length + 1, manifests.length + 1);
}
