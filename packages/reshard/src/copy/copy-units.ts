import type { ManifestBalance } from "@shale/catalog";
import { sumGenerations } from "@shale/columns";
import type { FileBytes, GroupRun, JobResult, StandingJob } from "@shale/compaction";
import { putFiles } from "@shale/compaction";
import { fanOut } from "@shale/env";
import type { CatalogDocument, DayFileEntry, DayFileGeneration } from "@shale/format";
import { openDayFile } from "@shale/format";
import type { CopyOutput } from "../task/copy-task.ts";
import { checkRead } from "../task/copy-task.ts";
import type { CopyRun } from "./copy-run.ts";
import type { CopyPart, FilePart, NeededFile } from "./plan-copy-parts.ts";
import { planCopyParts } from "./plan-copy-parts.ts";
import type { CopyUnit } from "./plan-units.ts";
import { readSource, readSourceRows, readSourceTail, sourceKeyOf } from "./read-source.ts";

const READ_CONCURRENCY = 8;

export interface UnitsToCopy {
  /** Read after the claim and the manifests of the old spec. */
  readonly catalog: CatalogDocument;
  readonly units: readonly CopyUnit[];
}

/** What copying units of one group gave: stored, and read back. */
export interface CopiedUnits {
  readonly added: readonly DayFileEntry[];
  readonly balance: ManifestBalance;
  readonly step: JobResult["step"];
}

/**
 * Copies the rows of units of one group: as many parts of days at a time as there are threads and
 * one more, each within `CopyRun.bytesMax`.
 *
 * @throws {ShaleError} PIN_UNSTABLE when a file of the old spec has gone, OBJECT_CORRUPT
 */
export async function copyUnits(
  run: CopyRun,
  group: GroupRun,
  { claimId }: Pick<StandingJob, "claimId">,
  { catalog, units }: UnitsToCopy,
): Promise<CopiedUnits> {
  const { parallel, signal } = run.jobs;
  const copying: Copying = { run, group, catalog, tails: new Map(), read: new Map() };
  const needed = await openLarge(copying, units);
  const added: DayFileEntry[] = [];
  const sums: Pick<CopyOutput, "taken" | "deleted">[] = [];
  let numbered = 0;
  const fan = { concurrency: parallel, signal };
  await fanOut(planCopyParts(needed, run.bytesMax), fan, async (part, ofPart) => {
    const jobs = { ...run.jobs, signal: ofPart };
    const { files, ...output } = await copyPart({ ...copying, run: { ...run, jobs } }, part);
    sums.push({ taken: output.taken, deleted: output.deleted });
    const outputs = files.map((file) => ({ claimId, number: numbered++, file }));
    added.push(...(await putFiles(jobs, group, outputs)));
  });
  for (const { entry } of needed) checkParts(copying, entry);
  const bytes = needed.reduce((sum, { entry }) => sum + entry.bytes, 0);
  return {
    added,
    balance: {
      in: sumGenerations(...sums.map(({ taken }) => taken)),
      deleted: sumGenerations(...sums.map(({ deleted }) => deleted)),
    },
    step: { inputs: needed.length, inputBytes: bytes },
  };
}

interface Copying {
  readonly run: CopyRun;
  readonly group: GroupRun;
  readonly catalog: CatalogDocument;
  /** By id, the ends of the files that are not read whole … */
  readonly tails: Map<string, Uint8Array>;
  /** … and what has been read of them. */
  readonly read: Map<string, readonly DayFileGeneration[]>;
}

/** The files of the units; of those that are too large for one part, the row groups. */
async function openLarge(
  { run, tails }: Copying,
  units: readonly CopyUnit[],
): Promise<readonly NeededFile[]> {
  const needed = units.flatMap((unit) => unit.needed.map((entry) => ({ unit, entry })));
  const fan = { concurrency: READ_CONCURRENCY, signal: run.jobs.signal };
  return await fanOut(needed, fan, async ({ unit, entry }, signal): Promise<NeededFile> => {
    if (entry.bytes <= run.bytesMax) return { unit, entry, rowGroupBytes: undefined };
    const tail = await readSourceTail({ ...run, jobs: { ...run.jobs, signal } }, entry);
    const { chunks } = openDayFile(tail, { key: sourceKeyOf(run, entry), size: entry.bytes });
    tails.set(entry.id, tail);
    const rowGroupBytes = chunks.map((group) => group.reduce((sum, { length }) => sum + length, 0));
    return { unit, entry, rowGroupBytes };
  });
}

async function copyPart(copying: Copying, { day, files }: CopyPart): Promise<CopyOutput> {
  const { run, group, catalog, read } = copying;
  const { compression, signal } = run.jobs;
  const fan = { concurrency: READ_CONCURRENCY, signal };
  const sources = await fanOut(files, fan, async ({ unit, ...part }, ofFile) => ({
    file: await readPart(
      { ...copying, run: { ...run, jobs: { ...run.jobs, signal: ofFile } } },
      part,
    ),
    generations: part.rowGroups === undefined ? part.entry.generations : undefined,
    after: unit.after,
    upTo: unit.upTo,
  }));
  const output = await run.tasks.copy(
    {
      place: { project: group.project, spec: group.spec, shards: group.shards },
      ...{ group: group.group, day, sources, compression },
      tombstones: { key: catalog.tombstoneKey, tombstones: catalog.tombstones },
    },
    { signal },
  );
  for (const [i, { entry, rowGroups }] of files.entries()) {
    if (rowGroups === undefined) continue;
    read.set(entry.id, sumGenerations(read.get(entry.id) ?? [], output.read[i] ?? []));
  }
  return output;
}

async function readPart(
  { run, tails }: Copying,
  { entry, rowGroups }: Pick<FilePart, "entry" | "rowGroups">,
): Promise<FileBytes> {
  const tail = tails.get(entry.id);
  if (rowGroups === undefined || tail === undefined) return await readSource(run, entry);
  return await readSourceRows(run, entry, { tail, rowGroups });
}

/** A file that was read in parts holds the rows that its manifest lists, as one read whole does. */
function checkParts({ run, tails, read }: Copying, entry: DayFileEntry): void {
  if (!tails.has(entry.id)) return;
  checkRead(sourceKeyOf(run, entry), entry.generations, read.get(entry.id) ?? []);
}
