/** Where the buckets of a retention stand among its brackets. */
export interface BracketTable {
  readonly count: number;
  /** The last bucket of the last bracket: beyond it no bracket holds one. */
  readonly lastBucket: number;
  /** By bucket up to `lastBucket`: the bracket that holds it, -1 for a gap. */
  readonly bracketOf: Int32Array;
  /** By bucket up to `lastBucket`: the number of brackets that begin at it or before. */
  readonly begunAt: Uint32Array;
  /** By bracket: its last bucket. */
  readonly lasts: Uint32Array;
}

/** @param brackets One or more inclusive pairs, ascending and without overlap. */
export function bracketTableOf(brackets: readonly (readonly [number, number])[]): BracketTable {
  const lasts = Uint32Array.from(brackets, ([, last]) => last);
  const lastBucket = lasts.at(-1) ?? 0;
  const bracketOf = new Int32Array(lastBucket + 1).fill(-1);
  const begunAt = new Uint32Array(lastBucket + 1);
  for (const [bracket, [first, last]] of brackets.entries()) {
    bracketOf.fill(bracket, first, last + 1);
    begunAt.fill(bracket + 1, first);
  }
  return { count: brackets.length, lastBucket, bracketOf, begunAt, lasts };
}
