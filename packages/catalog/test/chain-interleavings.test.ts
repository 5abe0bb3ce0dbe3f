import type { ObjectStore } from "@shale/env";
import { memoryStore } from "@shale/env";
import { expect, test } from "vitest";
import type { Limits, World } from "./interleavings.ts";
import { explore } from "./interleavings.ts";
import { blindEdit, envOver, markedEdit, openLog, pruneAll, versionsOf } from "./log-chain.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const timeoutMs = isLong ? 3_600_000 : 60_000;

interface WorldOptions {
  /** Commits that race, each with its own name. */
  readonly committers: readonly string[];
  /** Commits of others, each followed by pruning all but the newest version. */
  readonly fills: number;
}

/** A chain of one version, on which edits that do not know their own mark are committed. */
async function worldOf({ committers, fills }: WorldOptions): Promise<World> {
  const store = memoryStore();
  await openLog(envOver(store, 99)).commit(blindEdit("first"));
  const commits = committers.map((name, i) => async (view: ObjectStore): Promise<void> => {
    expect((await openLog(envOver(view, i)).commit(blindEdit(name))).log).toContain(name);
  });
  return {
    store,
    tasks: [
      ...commits,
      async (view) => {
        for (let i = 0; i < fills; i++) {
          await openLog(envOver(store, 50 + i)).commit(markedEdit(`fill${i}`));
          await pruneAll(view);
        }
      },
    ],
    async check() {
      const versions = await versionsOf(store);
      const newest = versions.at(-1);
      for (const name of committers) {
        expect(newest?.log.filter((entry) => entry === name)).toEqual([name]);
      }
      expect(newest?.log.length).toBe(1 + committers.length + fills);
      expect(newest?.version).toBe(newest?.log.length);
      expect(newest?.nonces.length).toBe(newest?.log.length);
    },
  };
}

const cases: readonly (WorldOptions & { readonly limits: Limits })[] = [
  { committers: ["a"], fills: 3, limits: { switchesMax: isLong ? 3 : 2, faultsMax: 1 } },
  { committers: ["a", "b"], fills: 0, limits: { switchesMax: isLong ? 4 : 2, faultsMax: 1 } },
  { committers: ["a", "b"], fills: 1, limits: { switchesMax: 2, faultsMax: isLong ? 1 : 0 } },
  { committers: ["a", "b"], fills: 2, limits: { switchesMax: isLong ? 2 : 1, faultsMax: 1 } },
];
for (const { limits, ...options } of cases) {
  const { committers, fills } = options;
  const title = `${committers.length} commits, ${fills} of others with pruning`;
  test(
    `${title}: every interleaving within ${JSON.stringify(limits)} makes each edit once`,
    async () => {
      const runCount = await explore(() => worldOf(options), limits);
      console.log(`${title}: ${runCount} interleavings`);
      expect(runCount).toBeGreaterThan(100);
    },
    timeoutMs,
  );
}
