import { holdsOrdinal, movedTo } from "@shale/catalog";
import type { CatalogVector, DayFileEntry } from "@shale/format";

/** The seq up to which the vector has a writer's rows: 0 for one that it does not name. */
export function seqIn({ positions, infinite }: CatalogVector, writer: number): number {
  if (holdsOrdinal(infinite, writer)) return Number.POSITIVE_INFINITY;
  return positions[String(writer)]?.lastSeq ?? 0;
}

/**
 * The lesser of the two for each writer. A writer that `limit` does not name registered after that
 * cut, so that none of its rows is below it.
 */
export function cappedBy(vector: CatalogVector, limit: CatalogVector): CatalogVector {
  const positions = Object.entries(limit.positions).map(([writer, most]) => {
    if (holdsOrdinal(vector.infinite, Number(writer))) return [writer, most] as const;
    const own = vector.positions[writer] ?? { n: 0, lastSeq: 0 };
    return [writer, own.n < most.n ? own : most] as const;
  });
  const unlimited = Object.entries(vector.positions).filter(([writer]) =>
    holdsOrdinal(limit.infinite, Number(writer)),
  );
  const open = limit.infinite.flatMap(({ from, to }) =>
    vector.infinite.flatMap((range) => {
      const [low, high] = [range.from > from ? range.from : from, range.to < to ? range.to : to];
      return low <= high ? [{ from: low, to: high }] : [];
    }),
  );
  return movedTo(
    { positions: Object.fromEntries([...positions, ...unlimited]), infinite: [] },
    { positions: {}, infinite: open },
  );
}

/** Whether `vector` has every row that `other` has. */
export function covers(vector: CatalogVector, other: CatalogVector): boolean {
  const isRange = other.infinite.every(({ from, to }) =>
    vector.infinite.some((range) => range.from <= from && to <= range.to),
  );
  return (
    isRange &&
    Object.entries(other.positions).every(
      ([writer, { lastSeq }]) => seqIn(vector, Number(writer)) >= lastSeq,
    )
  );
}

/** Whether the file may have a row above `after` and at or below `upTo`. */
export function mayHoldRows(
  { seqs }: Pick<DayFileEntry, "seqs">,
  after: CatalogVector | null,
  upTo: CatalogVector,
): boolean {
  return seqs.some(({ writer, min, max }) => {
    const low = after === null ? 0 : seqIn(after, writer);
    return max > low && min <= seqIn(upTo, writer);
  });
}
