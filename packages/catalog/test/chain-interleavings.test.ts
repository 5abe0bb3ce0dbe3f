import type { ObjectStore } from "@shale/env";
import { memoryStore } from "@shale/env";
import { expect, test } from "vitest";
import type { World } from "./interleavings.ts";
import { explore } from "./interleavings.ts";
import {
  blindEdit,
  envOver,
  type LogState,
  markedEdit,
  openLog,
  pruneAll,
  versionsOf,
} from "./log-chain.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";

function worldOf(options: { readonly fills: number; readonly edit: typeof blindEdit }): World {
  const store = memoryStore();
  const committed: { readonly name: string; readonly state: LogState }[] = [];
  const commit =
    (name: string, seed: number) =>
    async (view: ObjectStore): Promise<void> => {
      const state = await openLog(envOver(view, seed)).commit(options.edit(name));
      committed.push({ name, state });
    };
  return {
    store,
    tasks: [
      commit("a", 1),
      commit("b", 2),
      // Others commit and prune, so that numbers get free again.
      async (view) => {
        for (let i = 0; i < options.fills; i++) {
          await openLog(envOver(store, 10 + i)).commit(markedEdit(`fill${i}`));
          await pruneAll(view);
        }
      },
    ],
    async check() {
      const versions = await versionsOf(store);
      const newest = versions.at(-1);
      for (const { name, state } of committed) {
        expect(state.log).toContain(name);
        expect(newest?.log.filter((entry) => entry === name)).toEqual([name]);
      }
      expect(newest?.log.length).toBe(2 + options.fills);
      expect(newest?.version).toBe(newest?.log.length);
      expect(newest?.nonces.length).toBe(newest?.log.length);
    },
  };
}

test("two commits and a pruner: each edit is there once in every interleaving", async () => {
  const runCount = await explore(() => worldOf({ fills: 1, edit: blindEdit }), {
    switchesMax: isLong ? 4 : 2,
    faultsMax: 1,
  });
  console.log(runCount);
});
