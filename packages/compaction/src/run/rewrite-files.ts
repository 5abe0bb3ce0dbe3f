import { sumGenerations } from "@shale/columns";
import { fanOut } from "@shale/env";
import type { DayFileEntry, DayFileGeneration } from "@shale/format";
import type { Merge } from "../plan/plan-merges.ts";
import type { PlaceRange } from "../plan/plan-place-ranges.ts";
import { planPlaceRanges, rowGroupsIn } from "../plan/plan-place-ranges.ts";
import type { FileBytes } from "../task/file-rows.ts";
import type { MergeOutput } from "../task/merge-task.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { putFile } from "./put-file.ts";
import type { InputFile } from "./read-inputs.ts";
import { openInput, readRowGroups, readWhole } from "./read-inputs.ts";
import type { StandingJob } from "./under-claim.ts";

const READ_CONCURRENCY = 8;
/** What rows take decoded, gathered and encoded again, in bytes of their files. */
const MEMORY_FACTOR = 12;
/** Rows that are gathered at a time: sorting more at once is no faster. */
const ROWS_MAX = 1_048_576;

/** Files of one shard-day, written again. */
export interface RewrittenFiles {
  readonly added: readonly DayFileEntry[];
  readonly duplicates: readonly DayFileGeneration[];
  readonly deleted: readonly DayFileGeneration[];
}

interface Rewriting {
  readonly group: GroupRun;
  readonly job: StandingJob;
  /** The next number for an output of the job. */
  nextNumber(): number;
}

/** Each of the merges under one claim, some at the same time, the first first. */
export async function rewriteEach(
  run: CompactionRun,
  { group, job }: Omit<Rewriting, "nextNumber">,
  merges: readonly Merge[],
): Promise<readonly RewrittenFiles[]> {
  let number = 0;
  const rewriting = { group, job, nextNumber: () => number++ };
  const fan = { concurrency: run.parallel, signal: run.signal };
  return await fanOut(merges, fan, (merge, signal) =>
    rewriteFiles({ ...run, signal }, rewriting, merge),
  );
}

/**
 * Writes the inputs of one shard-day again as one run, without duplicates and deleted users: one
 * file, or where they are too many rows for the memory, files of disjoint ranges of users.
 */
async function rewriteFiles(
  run: CompactionRun,
  rewriting: Rewriting,
  merge: Merge,
): Promise<RewrittenFiles> {
  const { group, job } = rewriting;
  const inputs = merge.inputs.map((entry) => ({ group, claimId: job.claimId, entry }));
  const outputs =
    merge.rows <= rowsMaxOf(run, merge)
      ? [await rewriteRange(run, rewriting, merge, await readAll(run, inputs))]
      : await rewriteByRanges(run, rewriting, merge, inputs);
  return {
    added: outputs.flatMap((output) => output.added),
    duplicates: sumGenerations(...outputs.map((output) => output.duplicates)),
    deleted: sumGenerations(...outputs.map((output) => output.deleted)),
  };
}

/** Rows of these files that fit into the memory together. */
function rowsMaxOf({ memoryBytesMax, parallel }: CompactionRun, { rows, bytes }: Merge): number {
  const bytesPerRow = Math.max(8, bytes / rows);
  const wanted = memoryBytesMax / parallel / (MEMORY_FACTOR * bytesPerRow);
  return Math.max(1, Math.min(ROWS_MAX, wanted));
}

async function readAll(
  run: CompactionRun,
  inputs: readonly InputFile[],
): Promise<readonly FileBytes[]> {
  const fan = { concurrency: READ_CONCURRENCY, signal: run.signal };
  return await fanOut(inputs, fan, (input, signal) => readWhole({ ...run, signal }, input));
}

async function rewriteByRanges(
  run: CompactionRun,
  rewriting: Rewriting,
  merge: Merge,
  inputs: readonly InputFile[],
): Promise<readonly RewrittenFiles[]> {
  const fan = { concurrency: READ_CONCURRENCY, signal: run.signal };
  const open = await fanOut(inputs, fan, (input, signal) => openInput({ ...run, signal }, input));
  const rowGroups = open.flatMap(({ index }) => index.footer.rowGroups);
  const outputs: RewrittenFiles[] = [];
  // One after the other: the ranges are there so that only one is in memory.
  for (const range of planPlaceRanges(rowGroups, rowsMaxOf(run, merge))) {
    const met = open.flatMap((input) => {
      const numbers = rowGroupsIn(input.index.footer.rowGroups, range);
      return numbers.length === 0 ? [] : [{ input, numbers }];
    });
    const files = await fanOut(met, fan, ({ input, numbers }, signal) =>
      readRowGroups({ ...run, signal }, input, numbers),
    );
    outputs.push(await rewriteRange(run, rewriting, merge, files, range));
  }
  return outputs;
}

const EVERY_PLACE: PlaceRange = { after: undefined, upTo: undefined };

async function rewriteRange(
  run: CompactionRun,
  { group, job, nextNumber }: Rewriting,
  { shard, day, inputs }: Merge,
  files: readonly FileBytes[],
  range: PlaceRange = EVERY_PLACE,
): Promise<RewrittenFiles> {
  const { catalog, claimId } = job;
  const output: MergeOutput = await run.tasks.merge(
    {
      place: { project: group.project, spec: group.spec, shards: group.shards },
      shard,
      day,
      files,
      range,
      generations:
        range === EVERY_PLACE
          ? sumGenerations(...inputs.map(({ generations }) => generations))
          : undefined,
      tombstones: { key: catalog.tombstoneKey, tombstones: catalog.tombstones },
      compression: run.compression,
    },
    { signal: run.signal },
  );
  const { file, duplicates, deleted } = output;
  if (file === undefined) return { added: [], duplicates, deleted };
  const entry = await putFile(run, group, { claimId, number: nextNumber() }, file);
  return { added: [entry], duplicates, deleted };
}
