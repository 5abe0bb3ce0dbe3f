import { invariant } from "@shale/model";
import { digestText } from "./digest.ts";
import { digestsByPart, NO_PART } from "./digests-by-part.ts";
import type { GenerationDigest } from "./generation-digests.ts";
import type { DigestedRows } from "./row-terms.ts";

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
  const { rowCount } = batch;
  invariant(isIncluded === undefined || isIncluded.length === rowCount, "every row has a mark");
  const { numbers, parts } = partsOf(batch, isIncluded);
  return digestsByPart(batch, parts, numbers.length)
    .map(({ rows, digest }, part) => ({
      generation: numbers[part] ?? 0,
      rows,
      digest: digestText(digest),
    }))
    .filter(({ rows }) => rows > 0)
    .sort((left, right) => left.generation - right.generation);
}

/** A part for each generation; `parts` undefined: all rows are of the one there is. */
function partsOf(
  { rowCount, generations }: DigestedRows,
  isIncluded: Uint8Array | undefined,
): { readonly numbers: readonly number[]; readonly parts: Uint32Array | undefined } {
  const first = generations[0] ?? 0;
  if (isIncluded === undefined && isUniform(generations)) {
    return { numbers: [first], parts: undefined };
  }
  const known = new Map<number, number>();
  const parts = new Uint32Array(rowCount);
  let current = 0;
  let currentGeneration = -1;
  for (let row = 0; row < rowCount; row++) {
    if (isIncluded?.[row] === 0) {
      parts[row] = NO_PART;
      continue;
    }
    const generation = generations[row] ?? 0;
    if (generation !== currentGeneration) {
      current = known.get(generation) ?? known.size;
      known.set(generation, current);
      currentGeneration = generation;
    }
    parts[row] = current;
  }
  return { numbers: [...known.keys()], parts };
}

function isUniform(values: Uint32Array): boolean {
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}
