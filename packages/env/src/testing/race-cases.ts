import assert from "node:assert/strict";
import type { ObjectStore } from "../object-store.ts";
import type { ConformanceChecks } from "./conformance-check.ts";
import { bytesOf, createText, listKeys, readText, versionOfWritten } from "./conformance-check.ts";

const RACERS = 20;

/** Runs `count` calls at the same time; the indexes of those that resolved to true. */
async function winnersOf(
  count: number,
  call: (index: number) => Promise<boolean>,
): Promise<number[]> {
  const won = await Promise.all(Array.from({ length: count }, (_, index) => call(index)));
  return won.flatMap((isWinner, index) => (isWinner ? [index] : []));
}

async function increment(store: ObjectStore, key: string): Promise<boolean> {
  const object = await store.get(key);
  assert.ok(object);
  const count = Number(new TextDecoder().decode(object.bytes));
  const bytes = bytesOf(String(count + 1));
  return (await store.put(key, bytes, { ifVersion: object.version })).written;
}

export const raceCases: ConformanceChecks = {
  "lets one of 20 racing creators win": async (store) => {
    for (let round = 0; round < 5; round++) {
      const key = `race/${round}`;
      const winners = await winnersOf(
        RACERS,
        async (index) => (await store.put(key, bytesOf(`by ${index}`), { ifAbsent: true })).written,
      );
      assert.equal(winners.length, 1, `winners of round ${round}: ${winners}`);
      assert.equal(await readText(store, key), `by ${winners[0]}`);
    }
  },

  "lets one of 20 writers that replace the same version win": async (store) => {
    let version = await createText(store, "k", "start");
    for (let round = 0; round < 3; round++) {
      const from = version;
      const winners = await winnersOf(RACERS, async (index) => {
        const outcome = await store.put("k", bytesOf(`by ${index}`), { ifVersion: from });
        if (outcome.written) version = outcome.version;
        return outcome.written;
      });
      assert.equal(winners.length, 1, `winners of round ${round}: ${winners}`);
      assert.equal(await readText(store, "k"), `by ${winners[0]}`);
      assert.equal((await store.head("k"))?.version, version);
    }
  },

  "loses no conditional increment": async (store) => {
    await createText(store, "counter", "0");
    let wins = 0;
    async function work(): Promise<void> {
      for (let tries = 0; tries < 8; tries++) if (await increment(store, "counter")) wins++;
    }
    await Promise.all([work(), work(), work(), work()]);
    assert.equal(await readText(store, "counter"), String(wins));
    assert.ok(wins >= 8, "of racers that hold the same version, one wins");
  },

  "lets either a replacement or a deletion of one version win": async (store) => {
    for (let round = 0; round < 10; round++) {
      const key = `k${round}`;
      const ifVersion = await createText(store, key, "start");
      const remove = () => store.delete(key, { ifVersion });
      const replace = () => store.put(key, bytesOf("replaced"), { ifVersion });
      const replacing = round % 2 === 0 ? replace() : undefined;
      const [deleted, replaced] = await Promise.all([remove(), replacing ?? replace()]);
      assert.notEqual(deleted.deleted, replaced.written, `round ${round}`);
      const expected = replaced.written ? "replaced" : undefined;
      assert.equal(await readText(store, key), expected);
    }
  },

  "keeps one content while creators and deleters race": async (store) => {
    let created = 0;
    let deleted = 0;
    async function work(index: number): Promise<void> {
      for (let round = 0; round < 8; round++) {
        const outcome = await store.put("k", bytesOf(`${index}/${round}`), { ifAbsent: true });
        if (!outcome.written) continue;
        created++;
        assert.equal(await readText(store, "k"), `${index}/${round}`);
        const { version } = outcome;
        assert.deepEqual(await store.delete("k", { ifVersion: version }), { deleted: true });
        deleted++;
      }
    }
    await Promise.all([work(0), work(1), work(2), work(3)]);
    assert.equal(created, deleted);
    assert.deepEqual(await listKeys(store, ""), []);
    versionOfWritten(await store.put("k", bytesOf("end"), { ifAbsent: true }));
  },
};
