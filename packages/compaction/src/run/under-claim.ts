import type { ClaimChange, ClaimInput } from "@shale/catalog";
import { beginClaim, commitClaim, dropClaim } from "@shale/catalog";
import { nonceOf } from "@shale/env";
import type {
  CatalogDocument,
  DayFileEntry,
  ManifestClaimKind,
  ManifestDocument,
} from "@shale/format";
import { ShaleError } from "@shale/model";
import type { CompactionStep } from "../compaction-report.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { newestCatalog } from "./compaction-run.ts";
import { firstVector } from "./group-positions.ts";

/**
 * - committed: the store holds what the job made.
 * - refused: another job has its inputs, or they have gone; nothing was done.
 * - lost: another process took the job over; nothing was committed.
 * - stopped: the catalog says that the job must not go on, or there was nothing to do.
 */
export type JobEnd = "committed" | "refused" | "lost" | "stopped";

export interface JobPlan {
  readonly kind: Exclude<ManifestClaimKind, "fold">;
  readonly inputs: readonly ClaimInput[];
  /** For where the group stands if it has no manifest yet. */
  readonly seen: CatalogDocument;
}

export interface StandingJob {
  readonly claimId: string;
  /** A version in which the claim stands. */
  readonly manifest: ManifestDocument;
  /** Read after the claim was put (protocol C2). */
  readonly catalog: CatalogDocument;
}

export interface JobResult {
  readonly change: ClaimChange;
  readonly step: Pick<CompactionStep, "inputs" | "inputBytes">;
}

/**
 * Runs one job: its claim, then the catalog, then the work, then one commit (protocol C2). Whatever
 * ends it early, the claim is dropped; the outputs stay for the collector.
 *
 * @param work undefined: there is nothing to commit.
 */
export async function underClaim(
  run: CompactionRun,
  group: GroupRun,
  { kind, inputs, seen }: JobPlan,
  work: (job: StandingJob) => Promise<JobResult | undefined>,
): Promise<JobEnd> {
  const { env, signal, memo, report } = run;
  const { pages } = memo;
  const { project, spec, chain } = group;
  const place = { project, spec, group: group.group };
  const id = nonceOf(env.random);
  try {
    const first = firstVector(seen, spec);
    const begun = await beginClaim(env, chain, {
      ...place,
      kind,
      inputs,
      first,
      id,
      pages,
      signal,
    });
    const catalog = await newestCatalog(run);
    const result = await work({ claimId: id, manifest: begun.manifest, catalog });
    if (result === undefined) {
      await dropClaim(env, chain, id, { signal });
      report.count("stopped");
      return "stopped";
    }
    await commitClaim(env, chain, id, result.change, { signal });
    report.step({ kind, spec, group: group.group, ...result.step, ...countsOf(result.change) });
    return "committed";
  } catch (error) {
    const end = endOf(error);
    if (end === "lost" || end === "refused") report.count("lost");
    if (end === "stopped") report.count("stopped");
    if (end === undefined) await dropQuietly(run, group, id);
    if (end === undefined) throw error;
    return end;
  }
}

/** How a job ended that lost a race; undefined for a failure. */
function endOf(error: unknown): JobEnd | undefined {
  if (!(error instanceof ShaleError)) return undefined;
  if (error.code === "CLAIM_REFUSED") return "refused";
  if (error.code === "CLAIM_LOST") return "lost";
  return error.code === "MANIFEST_CLOSED" ? "stopped" : undefined;
}

/** The failure is what the caller hears of; a claim that stays is dropped later. */
async function dropQuietly(run: CompactionRun, group: GroupRun, claimId: string): Promise<void> {
  try {
    await dropClaim(run.env, group.chain, claimId);
  } catch (error) {
    run.memo.leftovers.add(claimId);
    run.env.logger.warn("a claim could not be dropped", { claim: claimId, error });
  }
}

function countsOf({ added, balance }: ClaimChange) {
  return {
    files: added.length,
    rows: sumOf(added),
    bytes: added.reduce((sum, { bytes }) => sum + bytes, 0),
    duplicates: sumOf(balance.duplicates ?? []),
    deleted: sumOf(balance.deleted ?? []),
    expired: sumOf(balance.expired ?? []),
  };
}

function sumOf(parts: readonly Pick<DayFileEntry, "rows">[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * What it means that an object is not there which the job's claim protects: the claim was taken, or
 * the object is lost.
 */
export async function absenceOf(
  { signal }: Pick<CompactionRun, "signal">,
  { chain }: Pick<GroupRun, "chain">,
  claimId: string,
  key: string,
): Promise<ShaleError> {
  const newest = await chain.loadNewest({ signal });
  const stands = newest?.claims.some(({ id }) => id === claimId) ?? false;
  return stands
    ? new ShaleError("OBJECT_MISSING", `Cannot read ${key}: it is gone, and nothing replaced it`, {
        details: { key },
      })
    : new ShaleError("CLAIM_LOST", `Cannot read ${key}: another process took the job over`);
}
