import { simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compact, smallPolicy } from "../../../compaction/test/compact.ts";
import { readStored, visibleOf } from "../../../compaction/test/read-rows.ts";
import type { Row, World } from "../../../compaction/test/world.ts";
import {
  createWorld,
  DAY,
  deleteUser,
  expireBefore,
  flush,
  rowAt,
} from "../../../compaction/test/world.ts";
import { A, B, beginSpecB, compareAB, copyHistory, fillSpecB } from "../../test/two-specs.ts";
import { createComparisonJournal } from "./comparison-journal.ts";

function rowsFrom(start: number, count: number, shape: Partial<Row> = {}): readonly Row[] {
  return Array.from({ length: count }, (_, i) => {
    const user = (start + i) % 11 === 0 ? "" : `user-${(start + i) % 9}`;
    return rowAt(start + i, { user, ...shape });
  });
}

type Env = ReturnType<typeof simulatedEnv>;

/** What may happen to a project, before the cut and after it. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("flush" as const), count: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "full" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "due" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), user: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "expire" as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(env: Env, world: World, one: Step, index: number): Promise<void> {
  switch (one.kind) {
    case "flush":
      return await flush(env, world, rowsFrom(index * 7, one.count), { writer: 1 + (index % 2) });
    case "full":
    case "due":
      await compact(env, { mode: one.kind, policy: smallPolicy });
      return;
    case "delete":
      return await deleteUser(env, `user-${one.user}`, world.nextSeq++);
    case "expire":
      return await expireBefore(env, DAY + 1);
  }
}

describe("compareSpecs()", () => {
  test("finds equal specs equal in every physical state, by footers, rows and a second reader", async () => {
    let fromFooters = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom([4, 6], [3, 5], [2, 4], [4, 1], [1, 3], [70, 130]),
        fc.array(step, { maxLength: 5 }),
        fc.array(step, { maxLength: 6 }),
        fc.integer({ min: 0, max: 6 }),
        async ([shards = 1, more = 1], before, after, copyAt) => {
          const env = simulatedEnv({ seed: 1 });
          const world = await createWorld(env, { shards, writers: 2 });
          for (const [i, one] of before.entries()) await take(env, world, one, i);
          const cut = await beginSpecB(env, world, more);
          let isCopied = false;
          for (const [i, one] of after.entries()) {
            if (i === copyAt) await fillSpecB(env, cut, more);
            isCopied ||= i === copyAt;
            await take(env, world, one, 20 + i);
          }
          if (!isCopied) await fillSpecB(env, cut, more);
          const { catalog } = await readStored(env);
          const visible = visibleOf(world.rows, catalog).length;
          for (const full of [false, true]) {
            const compared = await compareAB(env, { full });
            expect(compared.differences).toEqual([]);
            expect(compared.matched).toBe(true);
            expect(compared.units.reduce((sum, unit) => sum + unit.old.events, 0)).toBe(visible);
            if (full) expect(compared.shardDaysFromFooters).toBe(0);
            fromFooters += compared.shardDaysFromFooters;
          }
        },
      ),
      { numRuns: process.env["SHALE_TEST_LONG"] === "1" ? 400 : 25 },
    );
    expect(fromFooters).toBeGreaterThan(0);
  });

  test("says where it stood: the cut, the manifests, what was read", async () => {
    const env = simulatedEnv({ seed: 1 });
    const world = await createWorld(env, { shards: 3, writers: 2 });
    await flush(env, world, rowsFrom(0, 40));
    const cut = await beginSpecB(env, world, 5);
    await flush(env, world, rowsFrom(40, 40), { writer: 2 });
    await fillSpecB(env, cut, 5);
    const settled = await compareAB(env);
    expect(settled.hi).toEqual({
      positions: { "1": { n: 1, lastSeq: 40 }, "2": { n: 1, lastSeq: 80 } },
      infinite: [],
    });
    expect(Object.keys(settled.manifests.source)).toEqual(["0"]);
    expect(settled.manifests.target["0"]).toBeGreaterThan(1);
    const whole = await compareAB(env, { full: true });
    expect(whole.rowsRead).toBeGreaterThan(settled.rowsRead);
    expect(whole.units).toEqual(settled.units);
    const progress: number[] = [];
    await flush(env, world, rowsFrom(80, 10));
    const later = await compareAB(env, {
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    expect(later.hi.positions["1"]).toEqual({ n: 2, lastSeq: 90 });
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  test("does not compare a day again that stayed as it was, and does where anything changed", async () => {
    const env = simulatedEnv({ seed: 1 });
    const world = await createWorld(env, { shards: 2 });
    await flush(env, world, rowsFrom(0, 60));
    const cut = await beginSpecB(env, world, 3);
    await fillSpecB(env, cut, 3);
    const inner = createComparisonJournal();
    const saved: number[] = [];
    const journal = {
      load: inner.load,
      async save(...[day, one]: Parameters<typeof inner.save>) {
        saved.push(day - DAY);
        await inner.save(day, one);
      },
    };
    const compare = async (full = false) => {
      saved.length = 0;
      const compared = await compareAB(env, { journal, full });
      expect(compared.matched).toBe(true);
      return compared;
    };
    const first = await compare();
    expect(saved).toEqual([0, 1, 2]);
    expect(await compare()).toEqual(first);
    expect(saved).toEqual([]);
    await compare(true);
    expect(saved).toEqual([0, 1, 2]);
    await compare(true);
    expect(saved).toEqual([]);
    await flush(env, world, [rowAt(1, { timeMs: (DAY + 1) * 86_400_000 })]);
    await compare(true);
    expect(saved).toEqual([1]);
    await deleteUser(env, "user-3", world.nextSeq - 1);
    await compare(true);
    expect(saved).toEqual([0, 1, 2]);
    await expireBefore(env, DAY + 1);
    const kept = await compare(true);
    expect(saved).toEqual([]);
    expect(new Set(kept.units.map(({ day }) => day))).toEqual(
      new Set(["2026-01-11", "2026-01-12"]),
    );
    await compact(env);
    await compare(true);
    expect(saved).toEqual([1]); // The other day's files had no row of the user: they stay.
  });

  test("goes on with the journal of a run that was ended", async () => {
    const env = simulatedEnv({ seed: 1 });
    const world = await createWorld(env, { shards: 2 });
    await flush(env, world, rowsFrom(0, 60));
    const cut = await beginSpecB(env, world, 3);
    await fillSpecB(env, cut, 3);
    const inner = createComparisonJournal();
    const stop = new AbortController();
    let saves = 0;
    const journal = {
      load: inner.load,
      async save(...[day, one]: Parameters<typeof inner.save>) {
        saves++;
        await inner.save(day, one);
        if (saves === 2) stop.abort(new Error("ended"));
      },
    };
    await expect(compareAB(env, { journal, signal: stop.signal })).rejects.toThrow("ended");
    expect((await compareAB(env, { journal })).matched).toBe(true);
    expect(saves).toBe(3);
  });

  test("refuses a spec that is not fed, and one whose history was not copied differs", async () => {
    const env = simulatedEnv({ seed: 1 });
    const world = await createWorld(env, { shards: 2 });
    await flush(env, world, rowsFrom(0, 20, { timeMs: DAY * 86_400_000 }));
    const refused = expect.objectContaining({ code: "OPTION_INVALID" });
    await expect(compareAB(env)).rejects.toEqual(refused);
    const cut = await beginSpecB(env, world, 3);
    const before = await compareAB(env, { differencesMax: 5 });
    expect(before.matched).toBe(false);
    expect(before.differences.flatMap(({ missing }) => missing)).toHaveLength(5);
    await compact(env);
    await copyHistory(env, cut, 3);
    expect((await compareAB(env)).matched).toBe(true);
    const turned = await compareAB(env, { source: B, target: A, full: true });
    expect(turned.matched).toBe(true);
  });
});
