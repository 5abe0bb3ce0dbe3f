import { beginCatchUp, EMPTY_VECTOR, endCatchUp, freezeGroup, movedTo } from "@shale/catalog";
import type { GroupRun, JobEnd, JobResult, StandingJob } from "@shale/compaction";
import { compactProject, firstVector, newestCatalog, underClaim } from "@shale/compaction";
import type { CatalogDocument, CatalogVector, DayFileEntry, ManifestDocument } from "@shale/format";
import { ShaleError } from "@shale/model";
import { missingKeyOf } from "@shale/scan";
import type { CopyHalt, CopyRun } from "./copy-run.ts";
import type { UnitsToCopy } from "./copy-units.ts";
import { copyUnits } from "./copy-units.ts";
import type { CopyUnit, SourceDay } from "./plan-units.ts";
import { bytesOf, groupsFedBy } from "./plan-units.ts";
import type { SourceGroup } from "./source-days.ts";
import { readSourceGroups } from "./source-days.ts";
import { covers, mayHoldRows } from "./vectors.ts";

/** Tries before the store counts as too restless. */
const TRY_COUNT_MAX = 64;

export interface CatchUpWays {
  readonly drainSource: () => Promise<void>;
  /** Waits before so many bytes are copied; says why they may not be. */
  readonly turn: (bytes: number) => Promise<CopyHalt | undefined>;
}

/**
 * Brings a spec that was behind back to where it is fed from the tail (protocol S7): the tail is
 * kept for it again, each group is frozen where it stood, and gets the rows from there up to the
 * target from the other spec, in one commit that moves its watermarks. Nothing to do where it is
 * not behind.
 *
 * Everything at or below the cut has been copied before. A group waits for its turn before its
 * claim: what is copied under that is one commit, and not stopped halfway.
 *
 * @returns Why it stopped early: the spec stays behind, and the next call goes on.
 */
export async function catchUp(run: CopyRun, ways: CatchUpWays): Promise<CopyHalt | undefined> {
  const { jobs, targets, operation } = run;
  const { env, project, signal } = jobs;
  for (const [first] = targets; first !== undefined; ) {
    const { spec } = first;
    const catalog = await newestCatalog(jobs);
    if (!catalog.behind.some((one) => one.spec === spec)) return undefined;
    const kept = await beginCatchUp(env, project, { spec, operation, signal });
    const target = targetOf(kept, spec);
    if (target === undefined) continue;
    await ways.drainSource();
    for (const group of targets) {
      const halt = await catchUpGroup(run, group, { target, ...ways });
      if (halt !== undefined) return halt;
    }
    await endCatchUp(env, project, { spec, target, signal });
  }
  return undefined;
}

function targetOf({ behind }: CatalogDocument, spec: string): CatalogVector | undefined {
  return behind.find((one) => one.spec === spec)?.catchUp?.target ?? undefined;
}

interface GroupTarget extends CatchUpWays {
  readonly target: CatalogVector;
}

async function catchUpGroup(
  run: CopyRun,
  group: GroupRun,
  { target, drainSource, turn }: GroupTarget,
): Promise<CopyHalt | undefined> {
  const { jobs } = run;
  const { signal } = jobs;
  for (let tryCount = 1; tryCount <= TRY_COUNT_MAX; tryCount++) {
    const seen = await newestCatalog(jobs);
    const first = firstVector(seen, group.spec);
    const newest = await group.chain.loadNewest({ signal });
    if (covers(movedTo(first, newest?.watermarks ?? EMPTY_VECTOR), target)) {
      return undefined;
    }
    await freezeGroup(group.chain, group, first, { signal });
    const frozen = await group.chain.loadNewest({ signal });
    const gap = await readGap(run, group, { manifest: frozen, target });
    const halt = await turn(gap?.units.reduce((sum, unit) => sum + bytesOf(unit), 0) ?? 0);
    if (halt !== undefined) return halt;
    const end = await runGroup(run, group, { seen, target });
    if (end === "committed") return undefined;
    const standing = targetOf(await newestCatalog(jobs), group.spec);
    if (standing === undefined) return undefined; // It fell behind again, or the operation is over.
    if (end === "stopped") await drainSource();
    await jobs.env.clock.sleep(10 * tryCount, { signal });
  }
  throw new ShaleError(
    "CATALOG_CONFLICT",
    `Cannot let group ${group.group} of spec ${group.spec} catch up: others were faster each time`,
  );
}

async function runGroup(
  run: CopyRun,
  group: GroupRun,
  { seen, target }: { readonly seen: CatalogDocument; readonly target: CatalogVector },
): Promise<JobEnd> {
  const plan = { kind: "copy", inputs: [], seen } as const;
  try {
    return await underClaim(run.jobs, group, plan, (standing) =>
      copyGap(run, group, standing, target),
    );
  } catch (error) {
    if (missingKeyOf(error) === undefined) throw error;
    return "lost";
  }
}

/** Everything from the group's base up to the target, in one commit. */
async function copyGap(
  run: CopyRun,
  group: GroupRun,
  standing: StandingJob,
  target: CatalogVector,
): Promise<JobResult | undefined> {
  const { manifest } = standing;
  const gap = await readGap(run, group, { manifest, target });
  if (gap === undefined || manifest.base === null) return undefined;
  const { added, balance, step } = await copyUnits(run, group, standing, gap);
  const change = { ...{ added, removed: [] }, watermarks: target, base: manifest.base, balance };
  return { change, step };
}

/** What the group missed; undefined: it is not frozen, or the old spec has not drained it all. */
async function readGap(
  run: CopyRun,
  group: GroupRun,
  {
    manifest,
    target,
  }: { readonly manifest: ManifestDocument | undefined; readonly target: CatalogVector },
): Promise<UnitsToCopy | undefined> {
  const sources = await readSourceGroups(run, "all");
  const catalog = await newestCatalog(run.jobs);
  const isStanding = JSON.stringify(targetOf(catalog, group.spec)) === JSON.stringify(target);
  if (!isStanding || manifest === undefined || manifest.base === null) return undefined;
  if (!sources.every((source) => hasDrained(catalog, source, target))) return undefined;
  const base = movedTo(firstVector(catalog, group.spec), manifest.base);
  return { catalog, units: gapUnits(run, { group: group.group, sources, base, target, catalog }) };
}

export function hasDrained(
  catalog: CatalogDocument,
  { group, manifest }: SourceGroup,
  target: CatalogVector,
): boolean {
  const first = firstVector(catalog, group.spec);
  // Who has retired was drained by every group: its manifest may not say so yet (W7).
  const { positions } = target;
  return covers(movedTo(first, manifest?.watermarks ?? EMPTY_VECTOR), { positions, infinite: [] });
}

function gapUnits(
  { pair }: CopyRun,
  gap: {
    readonly group: number;
    readonly sources: readonly SourceGroup[];
    readonly base: CatalogVector;
    readonly target: CatalogVector;
    readonly catalog: CatalogDocument;
  },
): readonly CopyUnit[] {
  const { group, sources, base, target, catalog } = gap;
  const { firstDay } = catalog.retention;
  const days = new Map<string, { source: SourceDay; needed: DayFileEntry[] }>();
  for (const entry of sources.flatMap(({ entries }) => entries)) {
    const { shard, day } = entry;
    if (firstDay !== null && day < firstDay) continue;
    if (!mayHoldRows(entry, base, target) || !groupsFedBy(shard, pair).includes(group)) continue;
    const name = `${shard}/${day}`;
    const known = days.get(name);
    if (known !== undefined) known.needed.push(entry);
    else days.set(name, { source: { shard, day, files: [], upTo: target }, needed: [entry] });
  }
  return [...days.values()]
    .map(({ source, needed }) => ({ ...source, group, needed, after: base, isDone: false }))
    .sort((a, b) => a.day - b.day || a.shard - b.shard);
}

/** Drains the old spec by hand until it has what stands in the tail now. */
export function sourceDrain(
  { jobs, sources }: CopyRun,
  drain: Omit<Parameters<typeof compactProject>[1], "mode" | "drains" | "project">,
): () => Promise<void> {
  return async () => {
    const [source] = sources;
    if (source === undefined) return;
    const { env, project } = jobs;
    await compactProject(env, { ...drain, project, mode: "full", drains: [source.spec] });
  };
}
