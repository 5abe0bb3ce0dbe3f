import { tailKey } from "@shale/catalog";
import type { Env } from "@shale/env";
import { tailNumber, writerOrdinal } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seqColumnOf } from "../append/seq-clock.ts";
import { batchOf, findingsOf, project, readRows, readTail } from "../ingest.test-support.ts";
import { readTailEnd } from "./read-tail-end.ts";
import { sealTail } from "./seal-tail.ts";

const writer = writerOrdinal(1);
const place = { project, writer };
const names = ["a", "b", "c", "d", "e"];
const log = names.map((name, i) => ({
  ...batchOf(name, 2),
  writer,
  seqs: seqColumnOf(10 * (i + 1), 2),
}));
const appends = new Map(names.map((name) => [name, { rowCount: 2, isAcknowledged: false }]));

function seal(env: Env, count: number, tailObjectBytesMax = 1) {
  return sealTail(env, place, { batches: log.slice(0, count), tailObjectBytesMax });
}

/** `env`, whose next PUT waits until `meanwhile` has run. */
function sleepingBeforePut(env: Env, meanwhile: () => Promise<void>): Env {
  let isFirst = true;
  const { store } = env;
  const sleeping: typeof store = {
    ...store,
    async put(...call) {
      if (isFirst) {
        isFirst = false;
        await meanwhile();
      }
      return await store.put(...call);
    },
  };
  return { ...env, store: sleeping };
}

describe("sealTail() (W4)", () => {
  test("writes the log in whole appends, then the seal, and finds itself done afterwards", async () => {
    const env = simulatedEnv({ seed: 1 });
    const end = { n: 4, lastSeq: 31, isSealed: true };
    expect(await seal(env, 3)).toEqual(end);
    expect((await readTail(env)).map(({ rowCount }) => rowCount)).toEqual([2, 2, 2, 0]);
    expect(await seal(env, 5)).toEqual(end);
    expect(await readTailEnd(env, place)).toEqual(end);
  });

  test("goes on after the lastSeq of whatever stands under its number", async () => {
    const env = simulatedEnv({ seed: 1 });
    const sleeper = sleepingBeforePut(env, async () => {
      await seal(env, 3, 1e9);
      // The other has got as far as its first object.
      await env.store.delete(tailKey(project, writer, tailNumber(2)));
    });
    expect(await seal(sleeper, 5)).toEqual({ n: 4, lastSeq: 51, isSealed: true });
    expect((await readRows(env)).map(({ seq }) => seq)).toEqual(
      log.flatMap(({ seqs }) => [...seqs]),
    );
  });

  test("a sleeper that fills numbers which were collected meanwhile returns the true end", async () => {
    const env = simulatedEnv({ seed: 1 });
    await seal(env, 1);
    await env.store.delete(tailKey(project, writer, tailNumber(2)));
    const sleeper = sleepingBeforePut(env, async () => {
      await seal(env, 5);
      for (let n = 1; n <= 5; n++) await env.store.delete(tailKey(project, writer, tailNumber(n)));
    });
    expect(await seal(sleeper, 3, 1e9)).toEqual({ n: 6, lastSeq: 51, isSealed: true });
  });

  test("any number of takers with different ends of one log make one tail", async () => {
    const race = fc.record({
      seed: fc.nat(),
      counts: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 4 }),
      bytesMax: fc.constantFrom(1, 2000, 1e9),
    });
    const property = fc.asyncProperty(race, async ({ seed, counts, bytesMax }) => {
      // Delays, or whoever lost one number would stay behind for good.
      const env = simulatedEnv({ seed, faults: { rates: { delay: 0.2 } } });
      const ends = await Promise.all(
        counts.map((count) => seal(env.startProcess(), count, bytesMax)),
      );
      expect(new Set(ends.map(({ n }) => n)).size).toBe(1);
      expect(await findingsOf(env, appends)).toEqual([]);
      // What all have read is there; of what only some have, a beginning.
      const seqs = (await readRows(env)).map(({ seq }) => seq);
      expect(seqs).toEqual(log.flatMap((batch) => [...batch.seqs]).slice(0, seqs.length));
      expect(seqs.length).toBeGreaterThanOrEqual(2 * Math.min(...counts));
      expect(seqs.length).toBeLessThanOrEqual(2 * Math.max(...counts));
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
