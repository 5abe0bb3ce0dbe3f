import { dayFileKey, loadEntries, openManifest } from "@shale/catalog";
import type { DayFileEntry } from "@shale/format";
import { simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { compact } from "../../../compaction/test/compact.ts";
import type { Row } from "../../../compaction/test/world.ts";
import { createWorld, flush, project, rowAt } from "../../../compaction/test/world.ts";
import type { CopiedRow, CopyOptions } from "../../test/two-specs.ts";
import { B, beginSpecB, compareAB, fillSpecB } from "../../test/two-specs.ts";
import type { SpecComparison } from "./comparison.ts";

const [FROM, TO] = [4, 6];
const DAY_MS = 86_400_000;

function rowsFrom(start: number, count: number): readonly Row[] {
  return Array.from({ length: count }, (_, i) =>
    rowAt(start + i, { user: `user-${(start + i) % 20}` }),
  );
}

/** A store whose copy into B went wrong, and what was compared then. */
async function damaged(options: CopyOptions) {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards: FROM });
  await flush(env, world, rowsFrom(0, 120));
  const cut = await beginSpecB(env, world, TO);
  await flush(env, world, rowsFrom(120, 40));
  await compact(env);
  await fillSpecB(env, cut, TO, options);
  return { env, world, cut };
}

/** The first row that has no insert id: one that has could be a duplicate that is hidden anyway. */
function plainIndex(rows: readonly CopiedRow[]): number {
  return rows.findIndex(({ insertId, properties }) => {
    return insertId === undefined && properties["price"] !== undefined;
  });
}

function replaced(rows: CopiedRow[], change: (row: CopiedRow) => CopiedRow[]): CopiedRow[] {
  const index = plainIndex(rows);
  return rows.flatMap((row, i) => (i === index ? change(row) : [row]));
}

interface Corruption {
  readonly what: string;
  readonly corrupt: (rows: CopiedRow[]) => CopiedRow[];
  /** Events that are missing and extra, in all. */
  readonly found: readonly [missing: number, extra: number] | "many";
  /** What manifests say of the files, or the rows themselves, is right but for this. */
  readonly fullOnly?: true;
}

const corruptions: readonly Corruption[] = [
  { what: "a dropped row", corrupt: (rows) => replaced(rows, () => []), found: [1, 0] },
  { what: "a doubled row", corrupt: (rows) => replaced(rows, (row) => [row, row]), found: [0, 1] },
  {
    what: "a dropped row and a doubled one of the same user, day and event",
    corrupt(rows) {
      const one = rows[plainIndex(rows)]!;
      const day = Math.floor(one.timeMs / DAY_MS);
      const isLike = (row: CopiedRow) =>
        row.user === one.user && row.event === one.event && row.seq !== one.seq;
      const other = rows.find(
        (row) => isLike(row) && Math.floor(row.timeMs / DAY_MS) === day && !row.insertId,
      )!;
      return [...rows.filter((row) => row !== other), one];
    },
    found: [1, 1],
  },
  {
    what: "a row on a wrong shard",
    corrupt: (rows) => replaced(rows, (row) => [{ ...row, shard: (row.shard + 1) % TO }]),
    found: [1, 1],
  },
  {
    what: "a changed value",
    corrupt: (rows) =>
      replaced(rows, (row) => [{ ...row, properties: { ...row.properties, price: 1e-9 } }]),
    found: [1, 1],
  },
  {
    what: "a value of another type",
    corrupt: (rows) =>
      replaced(rows, (row) => {
        const price = String(row.properties["price"]);
        return [{ ...row, properties: { ...row.properties, price } }];
      }),
    found: [1, 1],
  },
  {
    what: "a changed day",
    corrupt: (rows) => replaced(rows, (row) => [{ ...row, timeMs: row.timeMs + DAY_MS }]),
    found: [1, 1],
  },
  {
    what: "a lost property",
    corrupt: (rows) =>
      replaced(rows, (row) => {
        const { price: _price, ...properties } = row.properties;
        return [{ ...row, properties }];
      }),
    found: [1, 1],
  },
  {
    what: "an absent property that became a text",
    corrupt: (rows) =>
      replaced(rows, (row) => [{ ...row, properties: { ...row.properties, note: "" } }]),
    found: [1, 1],
  },
  {
    what: "an insert id that was made up",
    corrupt: (rows) =>
      replaced(rows, (row) => [{ ...row, insertId: `~${row.writer}-${row.seq + 1}` }]),
    found: [1, 1],
  },
  {
    what: "another seq",
    corrupt: (rows) => replaced(rows, (row) => [{ ...row, seq: row.seq + 1_000_000 }]),
    found: [1, 1],
  },
  {
    what: "another generation",
    corrupt: (rows) => replaced(rows, (row) => [{ ...row, generation: 1 }]),
    found: [1, 1],
    fullOnly: true,
  },
  {
    what: "the files of two shards exchanged",
    corrupt: (rows) =>
      rows.map((row) => ({ ...row, shard: row.shard < 2 ? 1 - row.shard : row.shard })),
    found: "many",
    fullOnly: true,
  },
];

function eventsOf({ differences }: SpecComparison): readonly [number, number] {
  const sum = (kind: "missing" | "extra") =>
    differences.reduce((so, difference) => so + difference[kind].length, 0);
  return [sum("missing"), sum("extra")];
}

function totalsOf({ units }: SpecComparison): readonly [number, number] {
  const sum = (side: "old" | "new") => units.reduce((so, unit) => so + unit[side].events, 0);
  return [sum("old"), sum("new")];
}

describe("a single corruption of the target (I13)", () => {
  test.each(corruptions)("$what is found, whoever reads", async ({ corrupt, found, fullOnly }) => {
    const { env } = await damaged({ corrupt });
    for (const full of [false, true]) {
      const compared = await compareAB(env, { full });
      if (fullOnly && !full) continue;
      expect(compared.matched).toBe(false);
      if (found === "many") expect(Math.min(...eventsOf(compared))).toBeGreaterThan(10);
      else expect(eventsOf(compared)).toEqual(found);
      const isAway = compared.misplaced > 0;
      expect(isAway || compared.units.some(({ equal }) => !equal)).toBe(true);
    }
  });

  test("is missed by counts alone in most cases", async () => {
    const missed: string[] = [];
    for (const { what, corrupt } of corruptions) {
      const { env } = await damaged({ corrupt });
      const [before, after] = totalsOf(await compareAB(env, { full: true }));
      if (before === after) missed.push(what);
    }
    expect(missed.length).toBeGreaterThanOrEqual(4);
    expect(missed).toContain("a dropped row and a doubled one of the same user, day and event");
    expect(missed).not.toContain("a dropped row");
  });

  test("names the very event, its day, generation and shard", async () => {
    let lost: CopiedRow | undefined;
    const { env } = await damaged({
      corrupt(rows) {
        lost = rows[plainIndex(rows)];
        return replaced(rows, () => []);
      },
    });
    for (const full of [false, true]) {
      const { differences, units } = await compareAB(env, { full });
      const day = new Date(lost!.timeMs).toISOString().slice(0, 10);
      const { user, event, timeMs, properties, writer, seq, shard } = lost!;
      expect(differences).toEqual([
        {
          ...{ day, generation: 0, shard, extra: [] },
          missing: [
            {
              ...{ event, user_id: user, time: new Date(timeMs).toISOString(), properties },
              insert_id: `~${writer}-${seq}`,
            },
          ],
        },
      ]);
      const unequal = units.filter(({ equal }) => !equal);
      expect(unequal.map((unit) => [unit.day, unit.generation])).toEqual([[day, 0]]);
      expect(unequal[0]!.old.events - unequal[0]!.new.events).toBe(1);
    }
  });

  test("a manifest that says something else than its file is found, and not taken for events", async () => {
    let isDone = false;
    const { env } = await damaged({
      corruptEntry(entry): DayFileEntry {
        if (isDone) return entry;
        isDone = true;
        const [sum] = entry.generations;
        return { ...entry, generations: [{ ...sum!, digest: "0".repeat(32) }] };
      },
    });
    const compared = await compareAB(env);
    expect(compared.units.filter(({ equal }) => !equal)).toHaveLength(1);
    expect(compared).toMatchObject({ matched: false, differences: [] });
  });

  test("an object that has gone, or lost a bit, is damage", async () => {
    const { env } = await damaged({});
    const manifest = await openManifest(env, { project, spec: B, group: 0 }).loadNewest();
    const [entry] = await loadEntries(env, manifest!, "all");
    const key = dayFileKey(project, B, entry!);
    const { bytes, version } = (await env.store.get(key))!;
    const flipped = Uint8Array.from(bytes);
    flipped[20]! ^= 4;
    await env.store.put(key, flipped, { ifVersion: version });
    await expect(compareAB(env, { full: true })).rejects.toEqual(
      expect.objectContaining({ code: "OBJECT_CORRUPT" }),
    );
    await env.store.delete(key);
    await expect(compareAB(env, { full: true })).rejects.toEqual(
      expect.objectContaining({ code: "OBJECT_MISSING" }),
    );
  });
});
