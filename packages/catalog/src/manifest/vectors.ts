import { isDeepStrictEqual } from "node:util";
import type { CatalogVector, OrdinalRange } from "@shale/format";
import { areRangesNormal, coversRanges, holdsOrdinal } from "../ordinal-ranges.ts";

export const EMPTY_VECTOR: CatalogVector = { positions: {}, infinite: [] };

/** What is wrong with a vector by itself; undefined when nothing is. */
export function vectorProblemOf({ positions, infinite }: CatalogVector): string | undefined {
  if (!areRangesNormal(infinite)) return "its ranges are not disjoint and ascending";
  for (const [writer, { n, lastSeq }] of Object.entries(positions)) {
    if (holdsOrdinal(infinite, Number(writer))) return `it names writer ${writer} twice`;
    if (n === 0 && lastSeq !== 0) return `writer ${writer} has seq ${lastSeq} and no object`;
  }
  return undefined;
}

/** The first writer that stands lower in `after`; undefined when none does. */
export function fallenWriterOf(before: CatalogVector, after: CatalogVector): string | undefined {
  if (before === after) return undefined;
  if (!coversRanges(after.infinite, before.infinite)) return "a retired one";
  return Object.entries(before.positions).find(([writer, was]) => {
    if (holdsOrdinal(after.infinite, Number(writer))) return false;
    const is = after.positions[writer];
    return is === undefined || is.n < was.n || is.lastSeq < was.lastSeq;
  })?.[0];
}

/** Whether the two differ in nothing but writers that moved to infinity (protocol W7). */
export function isRetirement(before: CatalogVector, after: CatalogVector): boolean {
  return (
    isDeepStrictEqual(withRetired(before, after.infinite), after) &&
    coversRanges(after.infinite, before.infinite)
  );
}

/** The vector with the writers of `ranges` at infinity. */
export function withRetired(
  { positions, infinite }: CatalogVector,
  ranges: readonly OrdinalRange[],
): CatalogVector {
  const retired = unionOf(infinite, ranges);
  const kept = Object.entries(positions).filter(
    ([writer]) => !holdsOrdinal(retired, Number(writer)),
  );
  return { positions: Object.fromEntries(kept), infinite: retired };
}

/** `target` over `vector`: what it does not name stays, and who is at infinity stays there. */
export function movedTo(vector: CatalogVector, target: CatalogVector): CatalogVector {
  const positions = { ...vector.positions, ...target.positions };
  return withRetired({ positions, infinite: vector.infinite }, target.infinite);
}

function unionOf(a: readonly OrdinalRange[], b: readonly OrdinalRange[]): readonly OrdinalRange[] {
  const joined: OrdinalRange[] = [];
  for (const range of [...a, ...b].sort((one, other) => one.from - other.from)) {
    const last = joined.at(-1);
    if (last === undefined || range.from > last.to + 1) joined.push(range);
    else if (range.to > last.to) joined[joined.length - 1] = { from: last.from, to: range.to };
  }
  return joined;
}
