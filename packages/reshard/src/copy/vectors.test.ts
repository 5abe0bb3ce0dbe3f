import type { CatalogVector, OrdinalRange } from "@shale/format";
import { writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cappedBy, covers, mayHoldRows, seqIn } from "./vectors.ts";

const WRITERS = 5;
/** By writer: at infinity, not named, or object n that ends at seq 10 n. */
const vector: fc.Arbitrary<CatalogVector> = fc
  .array(fc.constantFrom("infinite", "none", 0, 1, 2, 3), {
    minLength: WRITERS,
    maxLength: WRITERS,
  })
  .map((places) => {
    const positions: Record<string, { n: number; lastSeq: number }> = {};
    const infinite: OrdinalRange[] = [];
    places.forEach((place, i) => {
      const writer = writerOrdinal(i + 1);
      const last = infinite.at(-1);
      if (typeof place === "number") positions[writer] = { n: place, lastSeq: 10 * place };
      else if (place === "infinite" && last?.to === i)
        infinite[infinite.length - 1] = { ...last, to: writer };
      else if (place === "infinite") infinite.push({ from: writer, to: writer });
    });
    return { positions, infinite };
  });
const writers = Array.from({ length: WRITERS }, (_, i) => i + 1);

test("cappedBy() is the lesser of the two for each writer", () => {
  fc.assert(
    fc.property(vector, vector, (one, limit) => {
      const capped = cappedBy(one, limit);
      for (const writer of writers) {
        expect(seqIn(capped, writer)).toBe(Math.min(seqIn(one, writer), seqIn(limit, writer)));
      }
      expect(covers(one, capped) && covers(limit, capped)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("covers() compares every writer", () => {
  fc.assert(
    fc.property(vector, vector, (one, other) => {
      const wanted = writers.every((writer) => seqIn(one, writer) >= seqIn(other, writer));
      expect(covers(one, other)).toBe(wanted);
    }),
    { numRuns: 1_000 },
  );
});

test("a file of which no row may have to be copied has none", () => {
  const rows = fc.array(
    fc.record({ writer: fc.constantFrom(...writers), seq: fc.integer({ min: 1, max: 40 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(rows, fc.option(vector), vector, (list, after, upTo) => {
      const seqs = [...new Set(list.map(({ writer }) => writer))].map((writer) => {
        const own = list.filter((row) => row.writer === writer).map(({ seq }) => seq);
        return { writer: writerOrdinal(writer), min: Math.min(...own), max: Math.max(...own) };
      });
      const isCopied = ({ writer, seq }: { writer: number; seq: number }): boolean =>
        seq > (after === null ? 0 : seqIn(after, writer)) && seq <= seqIn(upTo, writer);
      if (list.some(isCopied)) expect(mayHoldRows({ seqs }, after, upTo)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
