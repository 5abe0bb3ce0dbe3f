import { invariant } from "@shale/model";
import { addDigests, carried, type Digest, digestText, emptyDigest } from "./digest.ts";
import type { GenerationDigest } from "./generation-digests.ts";
import { hashLanes, keyOfLabel } from "./lane-hash.ts";
import type { DigestedRows } from "./row-terms.ts";
import { termsOf } from "./row-terms.ts";

/** Rows at a time: their lanes stay in the processor's nearest cache. */
const BLOCK_ROWS = 1024;

/** The label of what a row's terms are hashed with in the end. */
const rowKey = keyOfLabel(Uint8Array.of(0xff));

/**
 * Number and digest of the rows of each generation, ascending. It depends on the logical rows
 * alone: not on their order, nor on dictionaries, nor on how columns are stored.
 *
 * @param isIncluded By row, 1 = counts; default all.
 */
export function digestsByGeneration(
  batch: DigestedRows,
  isIncluded?: Uint8Array,
): readonly GenerationDigest[] {
  const { rowCount, generations } = batch;
  invariant(isIncluded === undefined || isIncluded.length === rowCount, "every row has a mark");
  const terms = termsOf(batch);
  const sums = createGenerationSums();
  const lanes = new Int32Array(4 * Math.min(BLOCK_ROWS, rowCount));
  for (let start = 0; start < rowCount; start += BLOCK_ROWS) {
    const end = Math.min(rowCount, start + BLOCK_ROWS);
    lanes.fill(0);
    for (const addTerms of terms) addTerms(start, end, lanes);
    for (let row = start; row < end; row++) {
      if (isIncluded !== undefined && isIncluded[row] === 0) continue;
      hashLanes(rowKey, lanes, 4 * (row - start), lanes, 4 * (row - start));
      sums.add(generations[row] ?? 0, lanes, 4 * (row - start));
    }
    sums.carry();
  }
  return sums.build();
}

interface GenerationSum {
  rows: number;
  digest: Digest;
  /** Of the rows since the last carry, lane by lane: a block's sum is far below 2^53. */
  readonly lanes: Float64Array;
}

function createGenerationSums() {
  const sums = new Map<number, GenerationSum>();
  let current: GenerationSum | undefined;
  let currentGeneration = -1;

  function sumOf(generation: number): GenerationSum {
    if (current !== undefined && generation === currentGeneration) return current;
    const found = sums.get(generation);
    current = found ?? { rows: 0, digest: emptyDigest, lanes: new Float64Array(4) };
    if (found === undefined) sums.set(generation, current);
    currentGeneration = generation;
    return current;
  }
  return {
    add(generation: number, hash: Int32Array, at: number): void {
      const sum = sumOf(generation);
      sum.rows++;
      const { lanes } = sum;
      for (let lane = 0; lane < 4; lane++) {
        lanes[lane] = (lanes[lane] ?? 0) + ((hash[at + lane] ?? 0) >>> 0);
      }
    },
    carry(): void {
      for (const sum of sums.values()) {
        const [first = 0, second = 0, third = 0, fourth = 0] = sum.lanes;
        sum.digest = addDigests(sum.digest, carried(first, second, third, fourth));
        sum.lanes.fill(0);
      }
    },
    build: (): readonly GenerationDigest[] =>
      [...sums]
        .map(([generation, { rows, digest }]) => ({
          generation,
          rows,
          digest: digestText(digest),
        }))
        .sort((left, right) => left.generation - right.generation),
  };
}
