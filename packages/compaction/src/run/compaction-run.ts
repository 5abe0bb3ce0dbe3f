import type { Chain, ManifestPlace } from "@shale/catalog";
import { openCatalog, openManifest } from "@shale/catalog";
import type { Env, ObjectStore } from "@shale/env";
import { retryingStore } from "@shale/env";
import type { CatalogDocument, DayFileCompression, ManifestDocument } from "@shale/format";
import type { ProjectId, SpecName } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { ReportBuilder } from "../compaction-report.ts";
import type { CompactionTasks } from "../task/compaction-tasks.ts";
import type { CompactionMemo } from "./compaction-memo.ts";

/** What every job of one compaction is given. */
export interface CompactionRun {
  /** With the raw store, for commits. */
  readonly env: Env;
  /** Repeats what was not answered: for reads, and for objects that are written once. */
  readonly store: ObjectStore;
  readonly project: ProjectId;
  readonly tasks: CompactionTasks;
  readonly catalog: Chain<CatalogDocument>;
  readonly memo: CompactionMemo;
  readonly compression: DayFileCompression;
  /** Of what a job holds at a time, about. */
  readonly memoryBytesMax: number;
  /** Tasks that are computed at the same time, 1 or more. */
  readonly computing: number;
  /** Shard-days that a job writes at the same time; they share the memory. */
  readonly parallel: number;
  readonly report: ReportBuilder;
  readonly signal: AbortSignal | undefined;
}

/** One group of a spec, with its chain of manifests. */
export interface GroupRun extends ManifestPlace {
  readonly shards: number;
  readonly chain: Chain<ManifestDocument>;
}

export type RunOptions = Omit<CompactionRun, "env" | "store" | "catalog">;

export function createRun(env: Env, options: RunOptions): CompactionRun {
  return {
    ...options,
    env,
    store: retryingStore(env, env.store),
    catalog: openCatalog(env, options.project),
  };
}

export function groupRun(
  { env, project }: Pick<CompactionRun, "env" | "project">,
  {
    spec,
    shards,
    group,
  }: { readonly spec: SpecName; readonly shards: number; readonly group: number },
): GroupRun {
  const place = { project, spec, group };
  return { ...place, shards, chain: openManifest(env, place) };
}

/** The newest catalog. @throws {ShaleError} PROJECT_NOT_FOUND, STORE_UNAVAILABLE */
export async function newestCatalog({
  catalog,
  project,
  signal,
}: Pick<CompactionRun, "catalog" | "project" | "signal">): Promise<CatalogDocument> {
  const newest = await catalog.loadNewest({ signal });
  if (newest !== undefined) return newest;
  throw new ShaleError("PROJECT_NOT_FOUND", `Cannot find project "${project}" in this store`);
}
