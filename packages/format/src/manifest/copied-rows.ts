import { catalogShapes } from "../catalog-codec.ts";
import type { CatalogVector } from "../catalog-document.ts";
import type { Shape } from "../json-shape.ts";
import { insideOf, listOf, objectOf, refuseShape, wholeFrom } from "../json-shape.ts";
import type { ManifestCopy } from "./manifest-document.ts";

/**
 * Source days that were copied up to the same vector, as they stand in bytes: nearly all of a
 * reshard's, so that its manifests stay small. A day is `[day, from, to, from, to, …]`: ranges of
 * shards, both ends included.
 */
interface CopiedRows {
  readonly vector: CatalogVector;
  readonly days: readonly (readonly number[])[];
}

/** By vector in the order in which they first stand, then by day and shard. */
export function copiedRowsOf(copied: readonly ManifestCopy[]): readonly CopiedRows[] {
  const byVector = new Map<string, { vector: CatalogVector; shards: Map<number, number[]> }>();
  for (const { shard, day, vector } of copied) {
    const name = JSON.stringify(vector);
    const known = byVector.get(name) ?? { vector, shards: new Map<number, number[]>() };
    byVector.set(name, known);
    const ofDay = known.shards.get(day);
    if (ofDay === undefined) known.shards.set(day, [shard]);
    else ofDay.push(shard);
  }
  return [...byVector.values()].map(({ vector, shards }) => ({
    vector,
    days: [...shards].sort(([a], [b]) => a - b).map(([day, list]) => [day, ...rangesOf(list)]),
  }));
}

function rangesOf(shards: readonly number[]): readonly number[] {
  const ranges: number[] = [];
  for (const shard of [...shards].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && shard === last + 1) ranges[ranges.length - 1] = shard;
    else ranges.push(shard, shard);
  }
  return ranges;
}

const numbers = listOf((value, place) =>
  typeof value === "number" && Number.isSafeInteger(value)
    ? value
    : refuseShape(value, "a whole number", place),
);

const copiedRows = listOf(
  objectOf<CopiedRows>({ vector: catalogShapes.vector, days: listOf(numbers) }),
);
const shardNumber = wholeFrom(0);

/** The copies that the rows stand for. */
export const copiedShape: Shape<readonly ManifestCopy[]> = (value, place) =>
  copiedRows(value, place).flatMap(({ vector, days }, i) =>
    days.flatMap((row, j): ManifestCopy[] => {
      const inside = insideOf(insideOf(insideOf(place, i), "days"), j);
      const [first, ...ranges] = row;
      if (ranges.length === 0 || ranges.length % 2 === 1) {
        refuseShape(row.length, "a day and pairs of shards", inside);
      }
      const day = catalogShapes.day(first, inside);
      const copies: ManifestCopy[] = [];
      let before = -1;
      for (let at = 0; at < ranges.length; at += 2) {
        const [from, to] = [shardNumber(ranges[at], inside), shardNumber(ranges[at + 1], inside)];
        if (from <= before || to < from || to > 65_535) {
          refuseShape(row, "ascending ranges of shards", inside);
        }
        for (let shard = from; shard <= to; shard++) copies.push({ shard, day, vector });
        before = to;
      }
      return copies;
    }),
  );
