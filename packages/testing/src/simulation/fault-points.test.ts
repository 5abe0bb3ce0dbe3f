import { expect, test } from "vitest";
import type { FaultScenario } from "./fault-points.ts";
import { faultPoints } from "./fault-points.ts";
import type { SimulatedEnv } from "./simulated-env.ts";

const ifAbsent = { ifAbsent: true } as const;

/** A log whose records are one byte each; `acknowledge` says what was promised. */
function appendScenario(options: { readonly syncs: boolean }): FaultScenario<number[]> {
  return {
    name: "append",
    async prepare(env) {
      await env.disk.makeFolder("wal");
      return [];
    },
    async act(env, acknowledged) {
      const log = await env.disk.createLog("wal/1");
      for (const record of [1, 2, 3]) {
        await log.append([new Uint8Array([record])]);
        if (options.syncs) await log.sync();
        acknowledged.push(record);
      }
      await env.store.put("tail/1", new Uint8Array([1, 2, 3]), ifAbsent);
      await log.close();
      await env.disk.removeFile("wal/1");
    },
    async check(env, acknowledged) {
      const kept = await readKept(env);
      for (const record of acknowledged) expect(kept).toContain(record);
    },
  };
}
async function readKept(env: SimulatedEnv): Promise<number[]> {
  const flushed = await env.store.get("tail/1");
  const logged = await env.disk.readFile("wal/1");
  return [...(flushed?.bytes ?? []), ...(logged ?? [])];
}

test("a command that syncs before it acknowledges stands every fault", async () => {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const counts = await faultPoints(appendScenario({ syncs: true }), { print });
  // createLog 7, append 3 x 10, sync 3 x 7, put 6, close 7, removeFile 7.
  expect(counts).toEqual({ tried: 78, skipped: 0 });
  expect(lines).toEqual(["append: fault points: 78 tried, 0 skipped"]);
});

test("a command that acknowledges too early is found, with the point to replay it", async () => {
  const scenario = appendScenario({ syncs: false });
  const failure = await faultPoints(scenario, { print: () => undefined }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(failure).toContain("Fault point failed: append, seed 1, point { operation:");
  const [, operation, fault] = /operation: (\d+), fault: "([^"]+)"/.exec(failure ?? "") ?? [];
  const only = { operation: Number(operation), fault: String(fault) };
  await expect(faultPoints(scenario, { only })).rejects.toThrow("Fault point failed");
});

test("a scenario that does not repeat itself is refused", async () => {
  let runs = 0;
  const scenario: FaultScenario<undefined> = {
    name: "restless",
    prepare: async () => undefined,
    act: async (env) => {
      runs++;
      for (let i = 0; i < (runs === 1 ? 3 : 2); i++) await env.store.head(`k/${i}`);
    },
    check: async () => undefined,
  };
  await expect(faultPoints(scenario, { print: () => undefined })).rejects.toThrow("not reached");
});

test("a command that hangs after a fault is found", async () => {
  const scenario: FaultScenario<undefined> = {
    name: "stuck",
    prepare: async () => undefined,
    act: async (env) => {
      try {
        await env.store.head("k");
      } catch {
        await new Promise(() => undefined);
      }
    },
    check: async () => undefined,
  };
  await expect(faultPoints(scenario, { print: () => undefined })).rejects.toThrow("it hangs");
});
