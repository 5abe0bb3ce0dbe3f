import { invariant } from "@shale/model";
import type { Digest } from "./digest.ts";
import { addDigests, carried, emptyDigest } from "./digest.ts";
import { hashLanes, keyOfLabel } from "./lane-hash.ts";
import type { DigestedRows } from "./row-terms.ts";
import { termsOf } from "./row-terms.ts";

/** Number and digest of some rows. */
export interface PartDigest {
  readonly rows: number;
  readonly digest: Digest;
}

/** The number of a row that belongs to no part. */
export const NO_PART = 0xffff_ffff;

/** Rows at a time: their lanes stay in the processor's nearest cache. */
const BLOCK_ROWS = 1024;
/** After so many rows the sum of a lane is still far below 2^53. */
const CARRY_ROWS = 1_048_576;

/** The label of what a row's terms are hashed with in the end. */
const rowKey = keyOfLabel(Uint8Array.of(0xff));

/**
 * Number and digest of the rows of each part. A digest depends on the logical rows alone: not on
 * their order, nor on dictionaries, nor on how columns are stored; nor on the generation.
 *
 * @param parts By row, the number of its part, below `partCount`, or `NO_PART`; undefined: all rows
 * belong to part 0.
 */
export function digestsByPart(
  batch: DigestedRows,
  parts: Uint32Array | undefined,
  partCount: number,
): readonly PartDigest[] {
  const { rowCount } = batch;
  invariant(parts === undefined || parts.length === rowCount, "every row has a part");
  const terms = termsOf(batch);
  const sums = createPartSums(partCount);
  const lanes = new Int32Array(4 * Math.min(BLOCK_ROWS, rowCount));
  for (let start = 0, carriedAt = 0; start < rowCount; start += BLOCK_ROWS) {
    const end = Math.min(rowCount, start + BLOCK_ROWS);
    lanes.fill(0);
    for (const addTerms of terms) addTerms(start, end, lanes);
    for (let row = start, at = 0; row < end; row++, at += 4) {
      const part = parts === undefined ? 0 : (parts[row] ?? 0);
      if (part === NO_PART) continue;
      hashLanes(rowKey, lanes, at, lanes, at);
      sums.add(part, lanes, at);
    }
    if (end - carriedAt >= CARRY_ROWS) {
      sums.carry();
      carriedAt = end;
    }
  }
  return sums.build();
}

function createPartSums(partCount: number) {
  const rows = new Float64Array(partCount);
  /** Of the rows since the last carry, four lanes a part. */
  const lanes = new Float64Array(4 * partCount);
  const digests: Digest[] = Array.from({ length: partCount }, () => emptyDigest);

  function carry(): void {
    for (let part = 0, at = 0; part < partCount; part++, at += 4) {
      const since = carried(
        lanes[at] ?? 0,
        lanes[at + 1] ?? 0,
        lanes[at + 2] ?? 0,
        lanes[at + 3] ?? 0,
      );
      digests[part] = addDigests(digests[part] ?? emptyDigest, since);
    }
    lanes.fill(0);
  }
  return {
    add(part: number, hash: Int32Array, at: number): void {
      const to = 4 * part;
      rows[part] = (rows[part] ?? 0) + 1;
      lanes[to] = (lanes[to] ?? 0) + ((hash[at] ?? 0) >>> 0);
      lanes[to + 1] = (lanes[to + 1] ?? 0) + ((hash[at + 1] ?? 0) >>> 0);
      lanes[to + 2] = (lanes[to + 2] ?? 0) + ((hash[at + 2] ?? 0) >>> 0);
      lanes[to + 3] = (lanes[to + 3] ?? 0) + ((hash[at + 3] ?? 0) >>> 0);
    },
    carry,
    build(): readonly PartDigest[] {
      carry();
      return digests.map((digest, part) => ({ rows: rows[part] ?? 0, digest }));
    },
  };
}
