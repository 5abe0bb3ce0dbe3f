import type { GroupRun, JobEnd, JobResult, StandingJob } from "@shale/compaction";
import { newestCatalog, underClaim } from "@shale/compaction";
import type { CatalogDocument } from "@shale/format";
import type { CopyRun } from "./copy-run.ts";
import { haltOf } from "./copy-run.ts";
import { copyUnits } from "./copy-units.ts";
import type { CopyJob, CopyUnit } from "./plan-units.ts";
import { planUnits } from "./plan-units.ts";
import { readSourceGroups, sourceDaysOf } from "./source-days.ts";

/**
 * Copies some units into one group of the new spec (protocol S2). In this order: the claim, the
 * manifests of the old spec, the catalog; then the rows between what had been copied and the
 * watermarks, and one commit of files and vectors together.
 *
 * "lost": another job copied the same; plan again.
 *
 * @throws {ShaleError} PIN_UNSTABLE when a file was replaced while it read: plan again
 */
export async function runCopyJob(
  run: CopyRun,
  group: GroupRun,
  { seen, job }: { readonly seen: CatalogDocument; readonly job: CopyJob },
): Promise<JobEnd> {
  const plan = { kind: "copy", inputs: [], seen } as const;
  return await underClaim(run.jobs, group, plan, (standing) => copy(run, group, standing, job));
}

async function copy(
  run: CopyRun,
  group: GroupRun,
  standing: StandingJob,
  job: CopyJob,
): Promise<JobResult | undefined> {
  const wanted = new Set(job.units.map(nameOf));
  const sources = await readSourceGroups(run, new Set(job.units.map(({ day }) => day)));
  const catalog = await newestCatalog(run.jobs);
  if (haltOf(catalog, run.operation) !== undefined) return undefined;
  const days = sourceDaysOf(sources, catalog).filter((day) => wanted.has(nameOf(day)));
  const units = planUnits(days, run.pair, () => standing.manifest.copied).filter(
    (unit) => unit.group === group.group && !unit.isDone,
  );
  if (units.length === 0) return undefined;
  const { added, balance, step } = await copyUnits(run, group, standing, { catalog, units });
  const copied = units.map(({ shard, day, after, upTo }) => ({
    ...{ shard, day },
    from: after,
    vector: upTo,
  }));
  return { change: { ...{ added, removed: [] }, copied, balance }, step };
}

function nameOf({ shard, day }: Pick<CopyUnit, "shard" | "day">): string {
  return `${shard}/${day}`;
}
