import {
  type CollectionReport,
  type DeletionReceipt,
  deleteUsers,
  runCollection,
  setRetention,
} from "@shale/catalog";
import { type CompactionReport, compactProject } from "@shale/compaction";
import { ShaleError, spanMs } from "@shale/model";
import { createProgressMeter } from "../progress-meter.ts";
import type {
  CollectOptions,
  CompactOptions,
  DeleteUsersOptions,
  RetentionSetting,
} from "../store.ts";
import type { ProjectParts } from "./project-parts.ts";

/** Of the memory budget, what jobs may hold: the rest is the cache's and the queries'. */
const JOB_SHARE = 0.5;

/** Drains the tail and settles the day files of every spec, or does what is due (protocol C). */
export async function compactFiles(
  parts: ProjectParts,
  { mode = "full", dryRun, signal, onProgress }: CompactOptions,
): Promise<CompactionReport> {
  const { env, project, hasher } = parts;
  if (dryRun !== true) {
    checkWritable(parts, "compact");
    // What this process has acknowledged is in the tail by then, and is drained too.
    if (mode === "full") await parts.currentWriter()?.flush();
  }
  const meter = createProgressMeter(env.clock, onProgress, {
    phase: "compact",
    unit: "rows",
    total: null,
  });
  let rows = 0;
  const report = await compactProject(env, {
    ...{ project, hasher, mode, dryRun, signal },
    memoryBytesMax: parts.memoryBytesMax * JOB_SHARE,
    memo: parts.compactionMemo,
    onWorkers: parts.onWorkers,
    onProgress(step) {
      rows += step.rows;
      meter.update(rows);
    },
  });
  meter.finish(rows);
  return report;
}

/** Deletes what nothing reaches any more (protocol C5, R5). */
export async function collectGarbage(
  parts: ProjectParts,
  { graceMs, dryRun, signal, onProgress }: CollectOptions,
): Promise<CollectionReport> {
  const { env, project } = parts;
  if (dryRun !== true) checkWritable(parts, "collect");
  const startMs = env.clock.monotonicMs();
  return await runCollection(env, project, {
    ...{ graceMs, dryRun, signal },
    by: nameOf(parts),
    onProgress({ step, done, total }) {
      const seconds = (env.clock.monotonicMs() - startMs) / 1_000;
      const perSecond = seconds > 0 ? done / seconds : 0;
      const etaMs = perSecond > 0 ? ((total - done) / perSecond) * 1_000 : null;
      onProgress?.({ phase: step, done, total, unit: "objects", perSecond, etaMs });
    },
  });
}

/** Hides every row of the users that was acknowledged before (protocol D1). */
export async function deleteProjectUsers(
  parts: ProjectParts,
  userIds: readonly string[],
  { waitMs, signal }: DeleteUsersOptions,
): Promise<DeletionReceipt> {
  checkWritable(parts, "delete users");
  const writer = parts.currentWriter();
  return await deleteUsers(parts.env, parts.project, userIds, {
    ...{ waitMs, signal },
    by: nameOf(parts),
    own: writer === undefined ? [] : [writer],
  });
}

/** @throws {ShaleError} OPTION_INVALID, STORE_READ_ONLY */
export async function setKeep(
  parts: ProjectParts,
  keep: string | number | null,
): Promise<RetentionSetting> {
  checkWritable(parts, "set the retention");
  const keepMs = typeof keep === "string" ? spanMs(keep) : keep;
  if (keepMs === undefined) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot keep events for ${JSON.stringify(keep)}: it must be a span such as "400d", ms, or null`,
      { path: "keep" },
    );
  }
  const { retention } = await setRetention(parts.env, parts.project, keepMs, { by: nameOf(parts) });
  return retention;
}

/** For the audit. */
export function nameOf({ env }: ProjectParts): string {
  const { host, pid } = env.processes.self;
  return `process ${pid} on ${host}`;
}

/** @throws {ShaleError} STORE_READ_ONLY */
export function checkWritable({ readOnly, project }: ProjectParts, what: string): void {
  if (!readOnly) return;
  throw new ShaleError(
    "STORE_READ_ONLY",
    `Cannot ${what} in project "${project}": the store was opened with readOnly`,
  );
}
