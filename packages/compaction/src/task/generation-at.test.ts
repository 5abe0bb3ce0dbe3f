import type { CatalogCut } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { specName } from "@shale/model";
import { expect, test } from "vitest";
import { generationAt } from "./generation-at.ts";

const [one, two, three, four] = [1, 2, 3, 4] as WriterOrdinal[] as [
  WriterOrdinal,
  WriterOrdinal,
  WriterOrdinal,
  WriterOrdinal,
];

function cut(generation: number, seqs: Readonly<Record<string, number>>): CatalogCut {
  const positions = Object.fromEntries(
    Object.entries(seqs).map(([writer, lastSeq]) => [writer, { n: lastSeq, lastSeq }]),
  );
  const infinite = [{ from: three, to: three }];
  return { positions, infinite, generation, operation: "op", spec: specName("B") };
}

test("generationAt() counts the cuts below a row", () => {
  const cuts = [cut(1, { 1: 10, 2: 0 }), cut(2, { 1: 20, 2: 5, 4: 3 })];
  expect([10, 11, 20, 21].map((seq) => generationAt(cuts, one, seq))).toEqual([0, 1, 1, 2]);
  expect([1, 5, 6].map((seq) => generationAt(cuts, two, seq))).toEqual([1, 1, 2]);
});

test("a writer that had retired is before every cut, one that a cut does not name after it", () => {
  const cuts = [cut(1, { 1: 10 }), cut(2, { 1: 20, 4: 3 })];
  expect(generationAt(cuts, three, 1_000)).toBe(0);
  expect([3, 4].map((seq) => generationAt(cuts, four, seq))).toEqual([1, 2]);
});
