import { sumGenerations } from "@shale/columns";
import { fanOut } from "@shale/env";
import type { DayFileEntry, DayFileGeneration } from "@shale/format";
import { invariant } from "@shale/model";
import type { Merge } from "../plan/plan-merges.ts";
import type { PlaceRange } from "../plan/plan-place-ranges.ts";
import { planPlaceRanges, rowGroupsIn } from "../plan/plan-place-ranges.ts";
import type { FileBytes } from "../task/file-rows.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { BATCH_BYTES_MAX, batchesOf, putFiles } from "./put-files.ts";
import { openInput, readRowGroups, readWhole } from "./read-inputs.ts";
import type { StandingJob } from "./under-claim.ts";

const READ_CONCURRENCY = 8;
/** What rows take decoded, gathered and encoded again, in bytes of their files. */
export const REWRITE_FACTOR = 12;
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
  /** Of an output: the same whichever is written first. */
  numberOf(merge: Merge, range: number): number;
}

/** Each of the merges under one claim, some at the same time, the first first. */
export async function rewriteEach(
  run: CompactionRun,
  { group, job }: Omit<Rewriting, "numberOf">,
  merges: readonly Merge[],
): Promise<readonly RewrittenFiles[]> {
  const indexes = new Map(merges.map((merge, index) => [merge, index]));
  const numberOf = (merge: Merge, range: number) =>
    range * merges.length + (indexes.get(merge) ?? 0);
  const rewriting = { group, job, numberOf };
  const fan = { concurrency: run.parallel, signal: run.signal };
  // Small ones go to a thread and to the store together.
  const bytesMax = Math.min(BATCH_BYTES_MAX, run.memoryBytesMax / run.parallel / REWRITE_FACTOR);
  const bytesOf = (merge: Merge) => (isTooLarge(run, merge) ? Infinity : merge.bytes);
  const batches = batchesOf(merges, bytesOf, bytesMax);
  const results = await fanOut(batches, fan, (batch, signal) =>
    rewriteFiles({ ...run, signal }, rewriting, batch),
  );
  return results.flat();
}

/**
 * Writes the inputs of each shard-day again as one run, without duplicates and deleted users: one
 * file, or where they are too many rows for the memory, files of disjoint ranges of users.
 */
async function rewriteFiles(
  run: CompactionRun,
  rewriting: Rewriting,
  merges: readonly Merge[],
): Promise<readonly RewrittenFiles[]> {
  const [first] = merges;
  if (first !== undefined && isTooLarge(run, first)) {
    invariant(merges.length === 1, "what does not fit into the memory is in no batch");
    return [await rewriteByRanges(run, rewriting, first)];
  }
  const parts: PartOfMerge[] = [];
  for (const merge of merges) {
    parts.push({
      merge,
      files: await readAll(run, rewriting, merge),
      range: EVERY_PLACE,
      number: rewriting.numberOf(merge, 0),
    });
  }
  return await rewriteParts(run, rewriting, parts);
}

/** Rows of these files that fit into the memory together. */
function rowsMaxOf({ memoryBytesMax, parallel }: CompactionRun, { rows, bytes }: Merge): number {
  const bytesPerRow = Math.max(8, bytes / rows);
  const wanted = memoryBytesMax / parallel / (REWRITE_FACTOR * bytesPerRow);
  return Math.max(1, Math.min(ROWS_MAX, wanted));
}

function isTooLarge(run: CompactionRun, merge: Merge): boolean {
  return merge.rows > rowsMaxOf(run, merge);
}

async function readAll(
  run: CompactionRun,
  { group, job: { claimId } }: Rewriting,
  { inputs }: Merge,
): Promise<readonly FileBytes[]> {
  const fan = { concurrency: READ_CONCURRENCY, signal: run.signal };
  return await fanOut(inputs, fan, (entry, signal) =>
    readWhole({ ...run, signal }, { group, claimId, entry }),
  );
}

async function rewriteByRanges(
  run: CompactionRun,
  rewriting: Rewriting,
  merge: Merge,
): Promise<RewrittenFiles> {
  const { group, job } = rewriting;
  const fan = { concurrency: READ_CONCURRENCY, signal: run.signal };
  const open = await fanOut(merge.inputs, fan, (entry, signal) =>
    openInput({ ...run, signal }, { group, claimId: job.claimId, entry }),
  );
  const rowGroups = open.flatMap(({ index }) => index.footer.rowGroups);
  const outputs: RewrittenFiles[] = [];
  const ranges = planPlaceRanges(rowGroups, rowsMaxOf(run, merge));
  // One after the other: the ranges are there so that only one is in memory.
  for (const [index, range] of ranges.entries()) {
    const met = open.flatMap((input) => {
      const numbers = rowGroupsIn(input.index.footer.rowGroups, range);
      return numbers.length === 0 ? [] : [{ input, numbers }];
    });
    const files = await fanOut(met, fan, ({ input, numbers }, signal) =>
      readRowGroups({ ...run, signal }, input, numbers),
    );
    const number = rewriting.numberOf(merge, index);
    outputs.push(...(await rewriteParts(run, rewriting, [{ merge, files, range, number }])));
  }
  return {
    added: outputs.flatMap((output) => output.added),
    duplicates: sumGenerations(...outputs.map((output) => output.duplicates)),
    deleted: sumGenerations(...outputs.map((output) => output.deleted)),
  };
}

const EVERY_PLACE: PlaceRange = { after: undefined, upTo: undefined };

/** A merge, or the range of its users that is written now. */
interface PartOfMerge {
  readonly merge: Merge;
  readonly files: readonly FileBytes[];
  readonly range: PlaceRange;
  /** Of its output. */
  readonly number: number;
}

async function rewriteParts(
  run: CompactionRun,
  { group, job }: Rewriting,
  parts: readonly PartOfMerge[],
): Promise<readonly RewrittenFiles[]> {
  const { catalog, claimId } = job;
  const outputs = await run.tasks.merge(
    parts.map(({ merge: { shard, day, inputs }, files, range }) => ({
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
    })),
    { signal: run.signal },
  );
  const numbered = outputs.map(
    ({ file }, index) => file && { claimId, number: parts[index]?.number ?? 0, file },
  );
  const written = numbered.filter((output) => output !== undefined);
  const entries = await putFiles(run, group, written);
  const added = new Map(written.map((output, index) => [output, entries[index]]));
  return outputs.map(({ duplicates, deleted }, index) => {
    const output = numbered[index];
    const entry = output && added.get(output);
    return { added: entry === undefined ? [] : [entry], duplicates, deleted };
  });
}
