import type { Disk } from "@shale/env";
import { faultPoints } from "@shale/testing";
import { expect, test } from "vitest";
import { collect, openEngine } from "./engine-process.test-support.ts";
import {
  append,
  attempt,
  presentIn,
  STRIKE_TIMEOUT_MS,
  scenario,
  strike,
} from "./fault-scenario.test-support.ts";

test(
  "append: every operation fails once, and no acknowledged row is lost",
  () =>
    strike(
      scenario("append", async (env, memory) => {
        const engine = await openEngine(env);
        for (const [name, durability] of [
          ["a", "wal"],
          ["b", "committed"],
          ["c", "wal"],
        ] as const) {
          await attempt(() => append(engine, memory, name, durability));
          // Its own rows are visible to a process at once (W6).
          await attempt(async () => presentIn(await collect(engine.project.events()), memory));
        }
      }),
    ),
  STRIKE_TIMEOUT_MS,
);

/** A disk that says a log is synced when it is not. */
function lyingDisk(disk: Disk): Disk {
  return {
    ...disk,
    async createLog(path) {
      const log = await disk.createLog(path);
      return {
        ...log,
        get sizeBytes() {
          return log.sizeBytes;
        },
        sync: async () => undefined,
      };
    },
  };
}

test(
  "a disk that lies about its syncs is found out",
  async () => {
    const lied = scenario("append on a lying disk", async (env, memory) => {
      const engine = await openEngine({ ...env, disk: lyingDisk(env.disk) });
      for (const name of ["a", "b", "c"]) await append(engine, memory, name, "wal");
    });
    await expect(faultPoints(lied, { print: () => undefined })).rejects.toThrow("power lost");
  },
  STRIKE_TIMEOUT_MS,
);
