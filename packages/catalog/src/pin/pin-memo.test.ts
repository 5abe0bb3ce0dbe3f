import { memoryStore } from "@shale/env";
import { writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { shop } from "../../test/tail.ts";
import type { KnownTail } from "./pin-memo.ts";
import { createPinMemo, knownAbove, learnTail } from "./pin-memo.ts";

const writer = writerOrdinal(1);
const at = (n: number) => ({ n, lastSeq: n * 10 });

test("a memo never claims an object that no pin has seen", () => {
  const interval = fc
    .tuple(fc.nat(30), fc.nat(10))
    .map(([base, length]): KnownTail => ({ base, top: at(base + length) }));
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 8 }), fc.nat(40), (learned, start) => {
      const memo = createPinMemo(envOver(memoryStore(), 1), shop);
      const seen = new Set<number>();
      for (const known of learned) {
        learnTail(memo, writer, known);
        for (let n = known.base + 1; n <= known.top.n; n++) seen.add(n);
      }
      const known = knownAbove(memo, writer, at(start));
      for (let n = start + 1; n <= (known?.top.n ?? 0); n++) expect(seen).toContain(n);
      if (known !== undefined) expect(known.top).toEqual(at(known.top.n));
    }),
  );
});

test("a memo joins what meets, so that the next listing begins at the top", () => {
  const memo = createPinMemo(envOver(memoryStore(), 1), shop);
  learnTail(memo, writer, { base: 0, top: at(4) });
  learnTail(memo, writer, { base: 3, top: at(7) });
  learnTail(memo, writer, { base: 0, top: at(2) });
  expect(knownAbove(memo, writer, at(0))).toEqual({ base: 0, top: at(7) });
  expect(knownAbove(memo, writer, at(8))).toBeUndefined();
});
