import { dropClaim, foldManifest, isFoldDue, mayTakeOver } from "@shale/catalog";
import type { CatalogDocument, DayFileEntry, ManifestDocument } from "@shale/format";
import type { Day } from "@shale/model";
import { dayOf, ShaleError } from "@shale/model";
import type { CompactionPolicy } from "../compaction-options.ts";
import { planExpiry } from "../plan/plan-expiry.ts";
import type { MergeJob } from "../plan/plan-merge-jobs.ts";
import { planMergeJobs } from "../plan/plan-merge-jobs.ts";
import type { Merge } from "../plan/plan-merges.ts";
import { planMerges } from "../plan/plan-merges.ts";
import { planPurges } from "../plan/plan-purges.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import type { GroupFiles } from "./group-files.ts";
import { loadGroupFiles } from "./group-files.ts";
import { runExpire } from "./run-expire.ts";
import { runMerge } from "./run-merge.ts";
import { holdsDeleted, runPurge } from "./run-purge.ts";
import type { JobEnd } from "./under-claim.ts";

export interface GroupTask {
  readonly group: GroupRun;
  readonly mode: "full" | "due";
  readonly policy: CompactionPolicy;
  /** The newest catalog of this compaction. */
  readonly catalog: CatalogDocument;
}

/** Rounds of merges: each leaves fewer files, and others may add some meanwhile. */
const ROUND_COUNT_MAX = 8;

/** Removes the claims of jobs that seem dead: their commits are refused from then on (C2). */
export async function takeOverClaims(run: CompactionRun, group: GroupRun): Promise<void> {
  const { env, signal, report, memo } = run;
  for (const { id } of await abandonedClaims(run, group)) {
    await dropClaim(env, group.chain, id, { signal });
    memo.leftovers.delete(id);
    report.count("takenOver");
  }
}

/** Those of dead or stuck processes, and what this one could not drop before. */
export async function abandonedClaims({ env, memo, signal }: CompactionRun, { chain }: GroupRun) {
  const manifest = await chain.loadNewest({ signal });
  const nowMs = env.clock.nowMs();
  return (manifest?.claims ?? []).filter(
    (claim) => memo.leftovers.has(claim.id) || mayTakeOver(claim, env.processes, nowMs),
  );
}

/** Expires, purges, merges and folds what is due in a group. */
export async function tidyGroup(run: CompactionRun, task: GroupTask): Promise<void> {
  const { group, catalog } = task;
  const { memo } = run;
  const key = `${group.spec}/${group.group}`;
  for (let round = 1; round <= ROUND_COUNT_MAX; round++) {
    const newest = await group.chain.loadNewest({ signal: run.signal });
    const state = stateOf(run, catalog, newest);
    if (task.mode === "due" && memo.idle.get(key) === state) return;
    const files = await loadGroupFiles(run, group);
    const ends = [
      ...(await expireFiles(run, task, files)),
      ...(await purgeFiles(run, task, files)),
      ...(await mergeFiles(run, task, files)),
    ];
    if (ends.length === 0) {
      await foldGroup(run, task);
      if (files.manifest !== undefined) memo.idle.set(key, stateOf(run, catalog, files.manifest));
      return;
    }
    if (!ends.includes("committed")) return; // Others are at work on it.
  }
}

/** What is due follows from these alone. */
function stateOf(
  { env }: CompactionRun,
  catalog: CatalogDocument,
  manifest: ManifestDocument | undefined,
): string {
  return `${manifest?.version ?? 0} ${catalog.version} ${todayOf(env.clock.nowMs())}`;
}

function todayOf(nowMs: number): Day {
  return dayOf(Math.floor(nowMs));
}

async function expireFiles(run: CompactionRun, { group, catalog }: GroupTask, files: GroupFiles) {
  const expired = planExpiry(files.entries, catalog.retention.firstDay, files.claimed);
  return expired.length === 0
    ? []
    : [await runExpire(run, group, { seen: catalog, files: expired })];
}

/** Files of kept days alone. */
function keptOf(catalog: CatalogDocument, { entries }: GroupFiles): readonly DayFileEntry[] {
  const { firstDay } = catalog.retention;
  return firstDay === null ? entries : entries.filter(({ day }) => day >= firstDay);
}

export function mergesOf(
  { env }: Pick<CompactionRun, "env">,
  { mode, policy, catalog }: GroupTask,
  files: GroupFiles,
): readonly MergeJob[] {
  const merges = planMerges(keptOf(catalog, files), {
    ...policy.merge,
    mode,
    settleBefore: todayOf(env.clock.nowMs()),
    isReshardOpen: catalog.operation !== null,
    claimed: files.claimed,
  });
  return planMergeJobs(merges, policy.mergeJobs);
}

async function mergeFiles(
  run: CompactionRun,
  task: GroupTask,
  { manifest }: GroupFiles,
): Promise<readonly JobEnd[]> {
  if (manifest === undefined) return [];
  // What was expired or purged just now is not to be merged again.
  const files = await loadGroupFiles(run, task.group);
  const ends: JobEnd[] = [];
  for (const job of mergesOf(run, task, files)) {
    ends.push(await runMerge(run, task.group, { seen: task.catalog, job }));
  }
  return ends;
}

/** Those that a deleted user is in; in full, all that lag behind a delete (protocol D2). */
async function purgeFiles(run: CompactionRun, task: GroupTask, files: GroupFiles) {
  const { catalog, group, policy, mode } = task;
  const ends: JobEnd[] = [];
  const due: Merge[] = [];
  const merged = new Set(mergesOf(run, task, files).flatMap(({ merges }) => merges.flatMap(idsOf)));
  const lagging = { mode, claimed: files.claimed };
  for (const purge of planPurges(keptOf(catalog, files), catalog.tombstones, lagging)) {
    // A merge applies tombstones too.
    if (idsOf(purge).some((id) => merged.has(id))) continue;
    const { looks } = run.memo;
    const isDue =
      mode === "full" || (await holdsDeleted(run, group, catalog, { inputs: purge.inputs, looks }));
    if (isDue) due.push(purge);
  }
  for (const job of planMergeJobs(due, policy.mergeJobs)) {
    ends.push(await runPurge(run, group, { seen: catalog, job }));
  }
  return ends;
}

function idsOf({ inputs }: Merge): readonly string[] {
  return inputs.map(({ id }) => id);
}

/** A fold that another process is at is as good as one's own. */
async function foldGroup(run: CompactionRun, { group }: GroupTask): Promise<void> {
  const { env, signal, memo, report } = run;
  const newest = await group.chain.loadNewest({ signal });
  if (newest === undefined || !isFoldDue(newest)) return;
  try {
    await foldManifest(env, group.chain, { pages: memo.pages, signal });
    const inputs = newest.added.length + newest.removed.length;
    const nothing = { inputBytes: 0, files: 0, rows: 0, bytes: 0 };
    const { spec } = group;
    const dropped = { duplicates: 0, deleted: 0, expired: 0 };
    report.step({ kind: "fold", spec, group: group.group, inputs, ...nothing, ...dropped });
  } catch (error) {
    const isRace =
      error instanceof ShaleError &&
      ["CLAIM_REFUSED", "CLAIM_LOST", "MANIFEST_CLOSED"].includes(error.code);
    if (!isRace) throw error;
    report.count("lost");
  }
}
