import { completeCut, markBehind, openCatalog } from "@shale/catalog";
import type { JobEnd } from "@shale/compaction";
import { newestCatalog } from "@shale/compaction";
import { fanOut } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { ShaleError } from "@shale/model";
import { missingKeyOf } from "@shale/scan";
import { withBackfill, withCopySettings, withLateCut } from "../edits/copying.ts";
import type { StepBy } from "../edits/step.ts";
import { catchUp, hasDrained } from "./catch-up.ts";
import type { CopyProgress } from "./copy-progress.ts";
import { progressOf } from "./copy-progress.ts";
import type { CopyHalt, CopyRun } from "./copy-run.ts";
import { haltOf, operationIn } from "./copy-run.ts";
import type { CopyJob, CopyUnit, SpecPair } from "./plan-units.ts";
import { copyJobDefaults, planCopyJobs, planUnits } from "./plan-units.ts";
import { runCopyJob } from "./run-copy-job.ts";
import { readSourceGroups, sourceDaysOf } from "./source-days.ts";
import { jobBytesUnder } from "./throttle.ts";
import type { TurnRun } from "./wait-for-turn.ts";
import { waitForTurn } from "./wait-for-turn.ts";

const WAIT_MS = 20;
const WAIT_MS_MAX = 2_000;
/** Rounds in a row in which no job got on, before that is an error. */
const IDLE_ROUNDS_MAX = 64;

export interface BackfillRun extends TurnRun {
  readonly step: () => StepBy;
  /** Drains the old spec by hand up to what stands in the tail. */
  readonly drainSource: () => Promise<void>;
}

/** How a backfill ended: everything was copied, or it may not go on. */
export type BackfillEnd = "complete" | CopyHalt;

/**
 * Copies until nothing is left, in this order (protocol S2, S3, S7): with a chunked operation what
 * is older than the horizon, then its cut; what is at or below the cut; and what a new spec missed
 * that was behind. Any number of processes may do so at once.
 */
export async function runBackfill(run: BackfillRun): Promise<BackfillEnd> {
  const { jobs, operation } = run.copies;
  const { env, project, signal } = jobs;
  try {
    await completeCut(env, project, { signal });
    if ((await newestCatalog(jobs)).operation?.state === "copying") {
      const { end } = await copyAll(run);
      if (end !== "complete") return end;
      await edit(run, (before) => withLateCut(before, operation, run.step()));
      await completeCut(env, project, { signal });
    }
    await edit(run, (before) => withBackfill(before, operation, run.step()));
    await drainToCut(run);
    const { end, progress } = await copyAll(run);
    if (end !== "complete") return end;
    // As a job does, what a group missed waits for its turn.
    const turn = async (bytes: number) =>
      await waitForTurn(run, { bytes, progress: () => progress, signal });
    const halt = await catchUp(run.copies, { drainSource: run.drainSource, turn });
    if (halt !== undefined) return halt;
    await edit(run, (before) => withoutFailure(before, operation));
    return "complete";
  } catch (error) {
    if (error instanceof ShaleError && signal?.aborted !== true) await noteFailure(run, error);
    throw error;
  }
}

async function edit(
  { copies: { jobs } }: BackfillRun,
  change: (before: CatalogDocument) => CatalogDocument | undefined,
): Promise<CatalogDocument> {
  const { env, project, signal } = jobs;
  const found = await newestCatalog(jobs);
  return await openCatalog(env, project).commit((newest) => change(newest ?? found), { signal });
}

function withoutFailure(before: CatalogDocument, id: string): CatalogDocument | undefined {
  if (before.operation?.id !== id || before.operation.lastError === null) return undefined;
  return withCopySettings(before, id, { lastError: null });
}

/** For `status`; what fails here is not what the caller has to hear of. */
async function noteFailure(run: BackfillRun, error: ShaleError): Promise<void> {
  const { jobs, operation, targets } = run.copies;
  const { env, project } = jobs;
  const { code, message } = error;
  if (code === "RESHARD_STATE") return;
  const { by, atMs } = run.step();
  try {
    if (code === "DISK_FULL") {
      const spec = targets[0]?.spec;
      if (spec !== undefined) await markBehind(env, project, { spec, why: message, by });
    }
    await edit(run, (before) =>
      before.operation?.id === operation
        ? withCopySettings(before, operation, { lastError: { atMs, code, message } })
        : undefined,
    );
  } catch (failure) {
    env.logger.warn("the failure of a backfill could not be noted", { code, error: failure });
  }
}

/** Waits until every group of the old spec has drained what lies at or below the cut (S2). */
async function drainToCut(run: BackfillRun): Promise<void> {
  const { jobs } = run.copies;
  for (let waitMs = WAIT_MS; ; waitMs = Math.min(WAIT_MS_MAX, 2 * waitMs)) {
    const sources = await readSourceGroups(run.copies, new Set());
    const catalog = await newestCatalog(jobs);
    const cut = catalog.cuts.find((one) => one.spec === catalog.operation?.spec);
    if (cut === undefined || haltOf(catalog, run.copies.operation) === "over") return;
    if (sources.every((source) => hasDrained(catalog, source, cut))) return;
    await run.drainSource();
    const after = await readSourceGroups(run.copies, new Set());
    if (after.every((source) => hasDrained(catalog, source, cut))) return;
    await jobs.env.clock.sleep(waitMs, { signal: jobs.signal });
  }
}

/** What is to be copied, as the manifests say now: those of the old spec before the catalog. */
export async function readUnits(run: CopyRun): Promise<{
  readonly units: readonly CopyUnit[];
  readonly catalog: CatalogDocument;
  /** Every row at or below the cut is in a day file of the old spec, and so in a unit. */
  readonly isDrained: boolean;
}> {
  const { jobs, targets, pair } = run;
  const sources = await readSourceGroups(run, "all");
  const fan = { concurrency: 16, signal: jobs.signal };
  const manifests = await fanOut(targets, fan, ({ chain }, signal) => chain.loadNewest({ signal }));
  const catalog = await newestCatalog(jobs);
  const { operation } = catalog;
  if (operation?.id !== run.operation) return { units: [], catalog, isDrained: false };
  const cut = catalog.cuts.find((one) => one.spec === operation.spec);
  const isDrained =
    cut !== undefined && sources.every((source) => hasDrained(catalog, source, cut));
  const days = sourceDaysOf(sources, catalog);
  const units = planUnits(days, pair, (group) => manifests[group]?.copied ?? []);
  return { units, catalog, isDrained };
}

type CopyEnd =
  | { readonly end: CopyHalt; readonly progress?: undefined }
  | { readonly end: "complete"; readonly progress: CopyProgress };

/** Rounds of jobs, until a look at the manifests finds nothing left. */
async function copyAll(run: BackfillRun): Promise<CopyEnd> {
  const { jobs, operation, pair } = run.copies;
  let missedBefore = new Set<string>();
  for (let idleRounds = 0; idleRounds < IDLE_ROUNDS_MAX; idleRounds++) {
    const { units, catalog } = await readUnits(run.copies);
    const halt = haltOf(catalog, operation);
    if (halt !== undefined) return { end: halt };
    const { spec, throttle } = operationIn(catalog);
    const progress = progressOf(units, pair, catalog, spec);
    run.onProgress?.(progress, null);
    const bytesMax = jobBytesUnder(throttle, copyJobDefaults.bytesMax);
    const planned = planCopyJobs(units, { ...copyJobDefaults, bytesMax });
    if (planned.length === 0) return { end: "complete", progress };
    const round = await copyRound(run, planned, { catalog, progress });
    if (round.halt !== undefined) return { end: round.halt };
    const lost = [...round.missed].find((key) => missedBefore.has(key));
    if (lost !== undefined) {
      throw new ShaleError("OBJECT_MISSING", `Cannot copy ${lost}: it is gone, and still listed`, {
        details: { key: lost },
      });
    }
    missedBefore = round.missed;
    if (round.ends.includes("committed")) idleRounds = -1;
    else await jobs.env.clock.sleep(WAIT_MS * (1 + idleRounds), { signal: jobs.signal });
  }
  throw new ShaleError(
    "CATALOG_CONFLICT",
    `Cannot copy operation "${operation}": other jobs were faster ${IDLE_ROUNDS_MAX} times`,
  );
}

interface Round {
  readonly ends: readonly JobEnd[];
  /** Files that were gone when they were to be read. */
  readonly missed: Set<string>;
  readonly halt: CopyHalt | undefined;
}

async function copyRound(
  run: BackfillRun,
  planned: readonly CopyJob[],
  { catalog, progress }: { readonly catalog: CatalogDocument; readonly progress: CopyProgress },
): Promise<Round> {
  const { copies } = run;
  const { jobs, targets } = copies;
  const missed = new Set<string>();
  const ends: JobEnd[] = [];
  let done = progress;
  let halt: CopyHalt | undefined;
  const { concurrency } = operationIn(catalog).throttle;
  await fanOut(planned, { concurrency, signal: jobs.signal }, async (job, signal) => {
    const turn = { bytes: job.bytes, progress: () => done, signal };
    halt ??= await waitForTurn(run, turn);
    const group = targets[job.group];
    if (halt !== undefined || group === undefined) return;
    try {
      const bytesMax = copies.bytesMax / concurrency;
      const ofJob = { ...copies, bytesMax, jobs: { ...jobs, signal } };
      const end = await runCopyJob(ofJob, group, { seen: catalog, job });
      ends.push(end);
      if (end === "committed") done = withJob(done, job, { pair: copies.pair, catalog });
      run.onProgress?.(done, null);
    } catch (error) {
      const key = missingKeyOf(error);
      if (key === undefined) throw error;
      missed.add(key); // Merged, and collected: the next round reads what replaced it.
    }
  });
  return { ends, missed, halt };
}

/** Between two looks at the manifests, which count exactly: a job counts for its group's share. */
function withJob(
  progress: CopyProgress,
  { units }: CopyJob,
  { pair, catalog }: { readonly pair: SpecPair; readonly catalog: CatalogDocument },
): CopyProgress {
  const copied = units.map((unit) => ({ ...unit, isDone: true }));
  const { spec } = operationIn(catalog);
  const { jobsDone, rowsDone, bytesDone } = progressOf(copied, pair, catalog, spec);
  return {
    ...progress,
    jobsDone: Math.min(progress.jobsTotal, progress.jobsDone + jobsDone),
    rowsDone: Math.min(progress.rowsTotal, progress.rowsDone + rowsDone),
    bytesDone: Math.min(progress.bytesTotal, progress.bytesDone + bytesDone),
  };
}
