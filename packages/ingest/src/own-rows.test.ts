import { openPin } from "@shale/catalog";
import { decodeTailObject } from "@shale/format";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, namesOf, prepareProject, project } from "./ingest.test-support.ts";
import { openWriter } from "./open-writer.ts";
import type { Writer } from "./writer.ts";

const runCount = process.env["SHALE_TEST_LONG"] === "1" ? 2000 : 100;
const timeout = 900_000;
const quiet = { flushIntervalMs: 1e9, heartbeatIntervalMs: 1e9 };

/** The rows of one pin of the writer's process, by the order of R1. */
async function readPin(env: SimulatedEnv, writer: Writer): Promise<string[]> {
  const pin = await openPin(env, project, { takeMemory: () => writer.takeMemory() });
  const names = namesOf(pin.memory);
  for (const { key } of pin.tail) {
    const stored = await env.store.get(key);
    if (stored === undefined) throw new Error(key);
    const { batch } = decodeTailObject(stored.bytes, { key });
    if (batch !== undefined) names.push(...namesOf([batch]));
  }
  return names;
}

describe("a process sees its own rows at once, and each once (W6)", () => {
  test("while a PUT has landed and its reply is lost (schedule 13)", async () => {
    const env = simulatedEnv({ seed: 1 });
    await prepareProject(env);
    const writer = await openWriter(env, project, quiet);
    await writer.append(batchOf("a"));
    env.faults.setPlan({
      rules: [
        { at: 1, what: ["put"], keyIncludes: "/tail/", fault: { kind: "after" } },
        { what: ["put"], keyIncludes: "/tail/", fault: { kind: "before" } },
        { at: 1, what: ["get"], keyIncludes: "/tail/", fault: { kind: "before" } },
      ],
    });
    const flushed = writer.flush();
    while (!env.faults.begun.some(({ what, key }) => what === "get" && key.includes("/tail/"))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writer.append(batchOf("b"));
    expect(namesOf(writer.takeMemory())).toEqual(["a.0", "b.0"]);
    expect((await readPin(env, writer)).sort()).toEqual(["a.0", "b.0"]);
    env.faults.setPlan({});
    await flushed;
    expect((await readPin(env, writer)).sort()).toEqual(["a.0", "b.0"]);
    await writer.close();
  });

  test(
    "in every interleaving of appends, flushes and pins",
    async () => {
      const run = fc.record({
        seed: fc.nat(),
        steps: fc.array(fc.constantFrom("append", "flush", "pin", "turn"), { maxLength: 40 }),
        after: fc.constantFrom(0, 0.1, 0.3),
      });
      const property = fc.asyncProperty(run, async ({ seed, steps, after }) => {
        const env = simulatedEnv({ seed });
        await prepareProject(env);
        const writer = await openWriter(env, project, quiet);
        const acknowledged = new Set<string>();
        const called = new Set<string>();
        const work: Promise<unknown>[] = [];
        async function pin(): Promise<void> {
          const expected = [...acknowledged];
          const names = await readPin(env, writer);
          expect(new Set(names).size).toBe(names.length);
          expect(names.filter((name) => !called.has(name))).toEqual([]);
          expect(expected.filter((name) => !names.includes(name))).toEqual([]);
        }
        async function append(name: string): Promise<void> {
          called.add(`${name}.0`);
          await writer.append(batchOf(name));
          acknowledged.add(`${name}.0`);
        }
        env.faults.setPlan({
          rules: Array.from({ length: 10 }, (_, i) => ({
            at: after === 0 ? 1e9 : 1 + Math.floor(i / after),
            what: ["put"] as const,
            keyIncludes: "/tail/",
            fault: { kind: "after" } as const,
          })),
        });
        for (const [index, step] of steps.entries()) {
          if (step === "append") work.push(append(`r${index}`));
          else if (step === "flush") work.push(writer.flush());
          else if (step === "pin") work.push(pin());
          else await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(work);
        await pin();
        await writer.close();
      });
      await fc.assert(property, { numRuns: runCount });
    },
    timeout,
  );
});
