import type { ManifestBalance } from "@shale/catalog";
import { sumGenerations } from "@shale/columns";
import type { FileBytes, GroupRun, JobResult, StandingJob } from "@shale/compaction";
import { putFiles } from "@shale/compaction";
import { fanOut } from "@shale/env";
import type { CatalogDocument, DayFileEntry, DayFileGeneration } from "@shale/format";
import { sumFacts } from "@shale/format";
import type { Slice } from "../slice/plan-slices.ts";
import type { CopyOutput, CopySource } from "../task/copy-task.ts";
import { checkRead } from "../task/copy-task.ts";
import type { CopyRun } from "./copy-run.ts";
import type { CopyPart, FilePart } from "./plan-copy-parts.ts";
import type { CopyUnit } from "./plan-units.ts";
import type { CopyWork } from "./plan-work.ts";
import { planWork } from "./plan-work.ts";
import type { OpenedSource } from "./read-source.ts";
import { openSources, readSource, readSourceRows, sourceKeyOf } from "./read-source.ts";

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
 * one more, each within `CopyRun.bytesMax`. Row groups that can be are not decoded (protocol S9).
 *
 * @throws {ShaleError} PIN_UNSTABLE when a file of the old spec has gone, OBJECT_CORRUPT
 */
export async function copyUnits(
  run: CopyRun,
  group: GroupRun,
  { claimId }: Pick<StandingJob, "claimId">,
  { catalog, units }: UnitsToCopy,
): Promise<CopiedUnits> {
  const needed = units.flatMap((unit) => unit.needed.map((entry) => ({ unit, entry })));
  const opened = await openSources(run, needed);
  const copying: Copying = { run, group, catalog, opened, read: new Map() };
  const added: DayFileEntry[] = [];
  const sums: Pick<CopyOutput, "taken" | "deleted">[] = [];
  let numbered = 0;
  const fan = { concurrency: run.jobs.parallel, signal: run.jobs.signal };
  const works = planWork(run, { group: group.group, catalog, needed, opened });
  await fanOut(works, fan, async (work, signal) => {
    const jobs = { ...run.jobs, signal };
    const { files, taken, deleted } = await doWork({ ...copying, run: { ...run, jobs } }, work);
    sums.push({ taken, deleted });
    const outputs = files.map((file) => ({ claimId, number: numbered++, file }));
    added.push(...(await putFiles(jobs, group, outputs)));
  });
  for (const { entry } of needed) checkParts(copying, entry);
  return {
    added,
    balance: {
      in: sumGenerations(...sums.map(({ taken }) => taken)),
      deleted: sumGenerations(...sums.map(({ deleted }) => deleted)),
    },
    step: {
      inputs: needed.length,
      inputBytes: needed.reduce((sum, { entry }) => sum + entry.bytes, 0),
    },
  };
}

interface Copying {
  readonly run: CopyRun;
  readonly group: GroupRun;
  readonly catalog: CatalogDocument;
  /** By id, the files whose ends were read. */
  readonly opened: ReadonlyMap<string, OpenedSource>;
  /** By id, what has been read of those that are not read whole, nor tell what each part holds. */
  readonly read: Map<string, readonly DayFileGeneration[]>;
}

async function doWork(copying: Copying, work: CopyWork): Promise<CopyOutput> {
  return "slice" in work
    ? await copySlice(copying, work.slice)
    : await copyPart(copying, work.part);
}

async function copyPart(copying: Copying, { day, files }: CopyPart): Promise<CopyOutput> {
  const { run, read } = copying;
  const fan = { concurrency: READ_CONCURRENCY, signal: run.jobs.signal };
  const sources = await fanOut(files, fan, (file, signal) => sourceOf(copying, file, signal));
  const input = { ...inputOf(copying), day, sources };
  const output = await run.tasks.copy(input, { signal: run.jobs.signal });
  for (const [i, { entry, rowGroups }] of files.entries()) {
    if (rowGroups === undefined) continue;
    read.set(entry.id, sumGenerations(read.get(entry.id) ?? [], output.read[i] ?? []));
  }
  return output;
}

async function copySlice(copying: Copying, { day, shard, parts }: Slice): Promise<CopyOutput> {
  const { run } = copying;
  const fan = { concurrency: READ_CONCURRENCY, signal: run.jobs.signal };
  const sources = await fanOut(parts, fan, async ({ file, rowGroups, shift }, signal) => ({
    ...(await sourceOf(copying, { ...file, rowGroups }, signal)),
    tombstone: file.entry.tombstone,
    shift,
  }));
  const input = { ...inputOf(copying), day, shard, sources };
  return await run.tasks.slice(input, { signal: run.jobs.signal });
}

/** What the tasks of one group have in common. */
function inputOf({ run, group, catalog }: Copying) {
  const { project, spec, shards } = group;
  return {
    place: { project, spec, shards },
    group: group.group,
    compression: run.jobs.compression,
    tombstones: { key: catalog.tombstoneKey, tombstones: catalog.tombstones },
  };
}

async function sourceOf(
  copying: Copying,
  { unit, entry, rowGroups }: Omit<FilePart, "bytes">,
  signal: AbortSignal,
): Promise<CopySource> {
  const run = { ...copying.run, jobs: { ...copying.run.jobs, signal } };
  const { after, upTo } = unit;
  const opened = copying.opened.get(entry.id);
  if (rowGroups === undefined || opened === undefined) {
    const file: FileBytes = await readSource(run, entry);
    return { file, generations: entry.generations, after, upTo };
  }
  const file = await readSourceRows(run, opened, rowGroups);
  const { rowGroupFacts } = opened.index;
  const facts = rowGroupFacts && rowGroups.flatMap((number) => rowGroupFacts[number] ?? []);
  return { file, generations: facts && sumFacts(facts).generations, after, upTo };
}

/**
 * What was read in parts holds the rows that its manifest lists, as what is read whole does. Where
 * its end tells what each row group holds, that was compared as it was opened, and each part then.
 */
function checkParts({ run, opened, read }: Copying, entry: DayFileEntry): void {
  const source = opened.get(entry.id);
  if (source === undefined || source.index.rowGroupFacts !== undefined) return;
  checkRead(sourceKeyOf(run, entry), entry.generations, read.get(entry.id) ?? []);
}
