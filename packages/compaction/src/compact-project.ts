import { completeCut, markBehind } from "@shale/catalog";
import type { Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { defaultDayFileCompression } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { groupCountOf, ShaleError } from "@shale/model";
import type { CompactionOptions, CompactionPolicy } from "./compaction-options.ts";
import { compactionPolicy, MEMORY_BYTES_DEFAULT } from "./compaction-options.ts";
import type { CompactionReport } from "./compaction-report.ts";
import { createReport } from "./compaction-report.ts";
import type { ListedTail } from "./plan/plan-drains.ts";
import { planDrains } from "./plan/plan-drains.ts";
import { planExpiry } from "./plan/plan-expiry.ts";
import { planPurges } from "./plan/plan-purges.ts";
import type { GroupTask } from "./run/compact-group.ts";
import { abandonedClaims, mergesOf, takeOverClaims, tidyGroup } from "./run/compact-group.ts";
import { createCompactionMemo } from "./run/compaction-memo.ts";
import type { CompactionRun, GroupRun } from "./run/compaction-run.ts";
import { createRun, groupRun, newestCatalog } from "./run/compaction-run.ts";
import { drainGroups, openTailOf } from "./run/drain/drain-groups.ts";
import { listTail } from "./run/drain/list-tail.ts";
import { mayDrain } from "./run/drain/run-drain.ts";
import { loadGroupFiles } from "./run/group-files.ts";
import { drainedNumbers } from "./run/group-positions.ts";
import { inlineTasks, workerTasks } from "./task/compaction-tasks.ts";

/**
 * Drains, expires, purges, merges and folds every spec of a project (protocol C). Any number of
 * processes may do so at the same time; a job that another one was faster at is counted and left.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, OBJECT_CORRUPT, OBJECT_MISSING, FORMAT_UNKNOWN,
 * CATALOG_CONFLICT, STORE_UNAVAILABLE, DISK_FULL: what was committed before stands; the reason of
 * the signal when it aborts
 */
export async function compactProject(
  env: Env,
  options: CompactionOptions,
): Promise<CompactionReport> {
  const { project, mode, memo = createCompactionMemo(), signal } = options;
  const report = createReport(options.onProgress);
  const computing = options.onWorkers === true ? Math.max(1, env.workers.size) : 1;
  const run = createRun(env, {
    project,
    tasks: options.onWorkers === true ? workerTasks(env) : inlineTasks(options.hasher),
    memo,
    compression: options.compression ?? defaultDayFileCompression(),
    memoryBytesMax: options.memoryBytesMax ?? MEMORY_BYTES_DEFAULT,
    // One more than can be computed at a time: it reads and writes meanwhile.
    parallel: 1 + computing,
    computing,
    report,
    signal,
  });
  const policy = boundedPolicy(options.policy ?? compactionPolicy, run.memoryBytesMax);
  // A begin that died between its two commits would keep every drain waiting (S1).
  if (options.dryRun !== true) await completeCut(env, project, { signal });
  const catalog = await newestCatalog(run);
  const groups = groupsOf(run, catalog, options.drains);
  if (options.dryRun !== true) for (const group of groups) await takeOverClaims(run, group);
  const heads = await listHeads(run, groups, catalog);
  const tasks = groups.map((group): GroupTask => ({ group, mode, policy, catalog }));
  if (options.dryRun !== true) {
    for (const together of bySpec(tasks)) await drainSpec(run, together, heads);
  }
  for (const task of tasks) {
    if (options.dryRun === true) await planGroup(run, task, heads);
    else if (options.drains === undefined)
      await tidyGroup(run, { ...task, catalog: await newestCatalog(run) });
    const manifest = await task.group.chain.loadNewest({ signal });
    if (manifest !== undefined) report.written(manifest.written);
  }
  return report.build();
}

/**
 * A spec that does not answer must not stop one that does: where the disk is full it falls behind,
 * and the tail is not kept for it (protocol S7).
 */
async function drainSpec(
  run: CompactionRun,
  tasks: readonly GroupTask[],
  heads: ListedTail,
): Promise<void> {
  const [first] = tasks;
  if (first === undefined) return;
  const { spec } = first.group;
  try {
    await drainGroups(run, tasks, heads);
  } catch (error) {
    const isFull = error instanceof ShaleError && error.code === "DISK_FULL";
    if (!isFull || spec === (await newestCatalog(run)).live) throw error;
    const { env, project, signal } = run;
    await markBehind(env, project, { spec, why: error.message, by: "compaction", signal });
    env.logger.warn("a spec is behind: the disk is full", { project, spec, error });
  }
}

/** What a drain holds at its peak, in bytes of tail objects: they, their rows, the files. */
const DRAIN_FACTOR = 8;

function boundedPolicy(policy: CompactionPolicy, memoryBytesMax: number): CompactionPolicy {
  const bytesMax = Math.min(policy.drain.bytesMax, Math.floor(memoryBytesMax / DRAIN_FACTOR));
  return { ...policy, drain: { ...policy.drain, bytesMax } };
}

/**
 * Every group of every spec that is not closed: retained ones expire and are purged too (C6). The
 * live one comes first: what is left of disk and time is its own.
 */
function groupsOf(
  run: CompactionRun,
  { specs, live }: CatalogDocument,
  only: CompactionOptions["drains"],
): readonly GroupRun[] {
  return [...specs]
    .sort((a, b) => Number(b.spec === live) - Number(a.spec === live))
    .filter(({ spec, closedMs }) => closedMs === null && (only?.includes(spec) ?? true))
    .flatMap(({ spec, shards }) =>
      Array.from({ length: groupCountOf(shards) }, (_, group) =>
        groupRun(run, { spec, shards, group }),
      ),
    );
}

function bySpec(tasks: readonly GroupTask[]): readonly (readonly GroupTask[])[] {
  const specs = [...new Set(tasks.map(({ group }) => group.spec))];
  return specs.map((spec) => tasks.filter(({ group }) => group.spec === spec));
}

/** The tail above the lowest watermark of the groups that may be drained. */
async function listHeads(
  run: CompactionRun,
  groups: readonly GroupRun[],
  catalog: CatalogDocument,
): Promise<ListedTail> {
  const lowest = new Map<WriterOrdinal, number>();
  for (const group of groups) {
    if (!mayDrain(catalog, group)) continue;
    const manifest = await group.chain.loadNewest({ signal: run.signal });
    for (const [writer, n] of drainedNumbers(catalog, group.spec, manifest)) {
      lowest.set(writer, Math.min(lowest.get(writer) ?? n, n));
    }
  }
  return await listTail(run.env, run.project, lowest, { signal: run.signal });
}

/** What a compaction would do first with the group. */
async function planGroup(run: CompactionRun, task: GroupTask, heads: ListedTail): Promise<void> {
  const { group, mode, policy, catalog } = task;
  const { spec } = group;
  const { report } = run;
  const place = { spec, group: group.group };
  for (const { inputs } of await abandonedClaims(run, group)) {
    report.plan({ ...place, kind: "takeOver", inputs: inputs.length, inputBytes: 0 });
  }
  const tail = await openTailOf(run, group, { catalog, heads });
  const drains = planDrains([{ group: group.group, tail }], { ...policy.drain, mode });
  for (const { objectCount, bytes } of mayDrain(catalog, group) ? drains : []) {
    report.plan({ ...place, kind: "drain", inputs: objectCount, inputBytes: bytes });
  }
  const files = await loadGroupFiles(run, group);
  const { firstDay } = catalog.retention;
  const expired = planExpiry(files.entries, firstDay, files.claimed);
  const inputBytes = expired.reduce((sum, { bytes }) => sum + bytes, 0);
  if (expired.length > 0) {
    report.plan({ ...place, kind: "expire", inputs: expired.length, inputBytes });
  }
  const { claimed } = files;
  for (const purge of planPurges(files.entries, catalog.tombstones, { mode, claimed })) {
    const { inputs, bytes } = purge;
    report.plan({ ...place, kind: "purge", inputs: inputs.length, inputBytes: bytes });
  }
  for (const { merges, bytes } of mergesOf(run, task, files)) {
    const inputs = merges.flatMap((merge) => merge.inputs).length;
    report.plan({ ...place, kind: "merge", inputs, inputBytes: bytes });
  }
}
