import { existing, openCatalog } from "@shale/catalog";
import type { UserHasher } from "@shale/columns";
import type { CompactionMemo } from "@shale/compaction";
import {
  createReport,
  createRun,
  groupRun,
  inlineTasks,
  REWRITE_FACTOR,
  workerTasks,
} from "@shale/compaction";
import type { Env } from "@shale/env";
import type { CatalogDocument, CatalogOperation } from "@shale/format";
import { defaultDayFileCompression } from "@shale/format";
import type { ProjectId, SpecName } from "@shale/model";
import { groupCountOf, invariant } from "@shale/model";
import type { TailCache } from "@shale/scan";
import type { CopyRun } from "../copy/copy-run.ts";
import type { StepBy } from "../edits/step.ts";
import { SLICE_ROWS_MIN } from "../slice/plan-slices.ts";
import { inlineReshardTasks, workerReshardTasks } from "../task/reshard-tasks.ts";

/** What the commands of one project share in a process. */
export interface ReshardContext {
  readonly env: Env;
  readonly project: ProjectId;
  readonly hasher: UserHasher;
  readonly cache: TailCache;
  /** What earlier compactions of this process learned. */
  readonly memo: CompactionMemo;
  /** Whether the workers of `env` know the tasks of compaction and of resharding. */
  readonly onWorkers: boolean;
  /** Of what copies hold at a time, about. */
  readonly memoryBytesMax: number;
  /** Keeps what is read afterwards from being collected, until it is released (protocol R5). */
  readonly hold: (what: string, signal?: AbortSignal) => Promise<{ release(): Promise<void> }>;
  /** For work that has no end of its own. @throws {ShaleError} STORE_CLOSED */
  readonly checkOpen?: ((what: string) => void) | undefined;
  /** Who does it, for the log: a process, a person. */
  readonly by: string;
}

export function stepOf({ env, by }: ReshardContext): StepBy {
  return { by, atMs: Math.max(0, Math.floor(env.clock.nowMs())) };
}

/** @throws {ShaleError} PROJECT_NOT_FOUND, STORE_UNAVAILABLE */
export async function loadExisting(
  { env, project }: ReshardContext,
  signal?: AbortSignal | undefined,
): Promise<CatalogDocument> {
  return existing(await openCatalog(env, project).loadNewest({ signal }), project);
}

/** One commit to the catalog. @returns A version that holds the edit. */
export async function commitEdit(
  { env, project }: ReshardContext,
  edit: (before: CatalogDocument) => CatalogDocument | undefined,
  signal?: AbortSignal | undefined,
): Promise<CatalogDocument> {
  return await openCatalog(env, project).commit((newest) => edit(existing(newest, project)), {
    signal,
  });
}

export function shardsOf({ specs }: Pick<CatalogDocument, "specs">, name: SpecName): number {
  const found = specs.find(({ spec }) => spec === name);
  invariant(found !== undefined, `spec ${name} is listed`);
  return found.shards;
}

/** What copies of the operation need. */
export function copyRunOf(
  context: ReshardContext,
  catalog: CatalogDocument,
  { id, source, spec }: Pick<CatalogOperation, "id" | "source" | "spec">,
  signal: AbortSignal | undefined,
): CopyRun {
  const { env, project, hasher, memo, onWorkers, memoryBytesMax } = context;
  const computing = onWorkers ? Math.max(1, env.workers.size) : 1;
  const jobs = createRun(env, {
    ...{ project, memo, memoryBytesMax, computing, signal },
    tasks: onWorkers ? workerTasks(env) : inlineTasks(hasher),
    compression: defaultDayFileCompression(),
    parallel: 1 + computing,
    report: createReport(),
  });
  const pair = { from: shardsOf(catalog, source), to: shardsOf(catalog, spec) };
  function groupsOf(name: SpecName, shards: number) {
    return Array.from({ length: groupCountOf(shards) }, (_, group) =>
      groupRun(jobs, { spec: name, shards, group }),
    );
  }
  return {
    jobs,
    tasks: onWorkers ? workerReshardTasks(env) : inlineReshardTasks(hasher),
    operation: id,
    pair,
    sources: groupsOf(source, pair.from),
    targets: groupsOf(spec, pair.to),
    sliceRowsMin: SLICE_ROWS_MIN,
    bytesMax: memoryBytesMax / (jobs.parallel * REWRITE_FACTOR),
  };
}
