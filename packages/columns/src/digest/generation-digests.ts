import type { Digest } from "./digest.ts";
import { addDigests, digestText, emptyDigest, parseDigest, subtractDigests } from "./digest.ts";

/** Number and digest of the rows of one generation. Lists of them ascend by generation. */
export interface GenerationDigest {
  readonly generation: number;
  readonly rows: number;
  /** 32 hex digits. */
  readonly digest: string;
}

/** All lists together, generation by generation. */
export function sumGenerations(
  ...lists: readonly (readonly GenerationDigest[])[]
): readonly GenerationDigest[] {
  const sums = new Map<number, { rows: number; digest: Digest }>();
  for (const list of lists) {
    for (const { generation, rows, digest } of list) {
      const sum = sums.get(generation) ?? { rows: 0, digest: emptyDigest };
      sums.set(generation, {
        rows: sum.rows + rows,
        digest: addDigests(sum.digest, parseDigest(digest)),
      });
    }
  }
  return entriesOf(sums);
}

/**
 * The first without the second. Where the second has rows that the first lacks, the rest is not
 * empty: its rows may be negative, or 0 with a digest.
 */
export function subtractGenerations(
  all: readonly GenerationDigest[],
  less: readonly GenerationDigest[],
): readonly GenerationDigest[] {
  const negative = less.map(({ generation, rows, digest }) => ({
    generation,
    rows: -rows,
    digest: digestText(subtractDigests(emptyDigest, parseDigest(digest))),
  }));
  return sumGenerations(all, negative);
}

/** What of `found` is not as `expected`, for people; undefined where both are equal. */
export function generationsDifference(
  expected: readonly GenerationDigest[],
  found: readonly GenerationDigest[],
): string | undefined {
  const differences = subtractGenerations(found, expected).map(({ generation, rows }) => {
    const [before, after] = [textAt(expected, generation), textAt(found, generation)];
    if (rows === 0) return `generation ${generation}: ${after} instead of ${before}`;
    const sign = rows > 0 ? "more" : "fewer";
    return `generation ${generation}: ${after}, ${Math.abs(rows)} ${sign} than ${before}`;
  });
  return differences.length === 0 ? undefined : differences.join("; ");
}

function textAt(list: readonly GenerationDigest[], generation: number): string {
  const [sum] = sumGenerations(list.filter((one) => one.generation === generation));
  return sum === undefined ? "no rows" : `${sum.rows} rows with digest ${sum.digest}`;
}

/** Without those that are empty. */
function entriesOf(
  sums: ReadonlyMap<number, { readonly rows: number; readonly digest: Digest }>,
): readonly GenerationDigest[] {
  return [...sums]
    .map(([generation, { rows, digest }]) => ({ generation, rows, digest: digestText(digest) }))
    .filter(({ rows, digest }) => rows !== 0 || digest !== digestText(emptyDigest))
    .sort((left, right) => left.generation - right.generation);
}
