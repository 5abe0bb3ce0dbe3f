import type { Merge } from "./plan-merges.ts";

/** Merges of one group that share a claim and a commit. */
export interface MergeJob {
  readonly merges: readonly Merge[];
  readonly bytes: number;
}

export interface MergeJobLimits {
  /** Of all inputs of a job; a single merge may be larger. */
  readonly bytesMax: number;
  /** Files that a job may drop. */
  readonly inputCountMax: number;
}

export const mergeJobDefaults: MergeJobLimits = { bytesMax: 67_108_864, inputCountMax: 4_096 };

/** Packs merges into jobs: similar sizes together, the longest first. */
export function planMergeJobs(
  merges: readonly Merge[],
  { bytesMax, inputCountMax }: MergeJobLimits,
): readonly MergeJob[] {
  const longestFirst = [...merges].sort((a, b) => b.bytes - a.bytes);
  const jobs: { merges: Merge[]; bytes: number; inputCount: number }[] = [];
  for (const merge of longestFirst) {
    const job = jobs.at(-1);
    const inputCount = merge.inputs.length;
    const fits =
      job !== undefined &&
      job.bytes + merge.bytes <= bytesMax &&
      job.inputCount + inputCount <= inputCountMax;
    if (fits) {
      job.merges.push(merge);
      job.bytes += merge.bytes;
      job.inputCount += inputCount;
    } else {
      jobs.push({ merges: [merge], bytes: merge.bytes, inputCount });
    }
  }
  return jobs.map(({ merges: packed, bytes }) => ({ merges: packed, bytes }));
}
