import { writerOrdinal } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { vectorAt } from "../../test/groups.ts";
import { keysUnder, project, putSeal, runJob, startShop } from "../../test/jobs.ts";
import { pausedStore } from "../../test/paused-store.ts";
import { putTail } from "../../test/tail.ts";
import { openPin } from "../pin/open-pin.ts";
import { retireInCatalog } from "./retired-writers.ts";
import { runCollection } from "./run-collection.ts";

const one = writerOrdinal(1);

/** A sealed writer whose only row is in a day file. */
async function drainedShop() {
  const env = simulatedEnv({ seed: 1 });
  await startShop(env);
  await putTail(env.store, { writer: 1, n: 1 }, [10]);
  await putSeal(env, one, { n: 2, lastSeq: 10 });
  await runJob(env, { watermarks: vectorAt({ 1: 2 }) });
  return env;
}

describe("schedule 2: a reader meets the retirement of a writer at any of its steps (W7)", () => {
  const steps = [
    ["list", "/tail/"],
    ["get", "/tail/"],
    ["list", "/manifest/"],
    ["get", "/manifest/"],
  ] as const;
  for (const [call, part] of steps) {
    for (const how of ["whole", "catalog only"] as const) {
      test(`before its ${call} of ${part}, ${how}`, async () => {
        const env = await drainedShop();
        const reader = env.startProcess();
        const store = pausedStore(reader.store);
        const pause = store.pauseBefore(call, part);
        const pinning = openPin({ ...reader, store }, project);
        await pause.reached;
        if (how === "whole") {
          expect(await runCollection(env, project)).toMatchObject({ retiredWriters: [1] });
          expect(await keysUnder(env, `${project}/tail/`)).toEqual([]);
        } else await retireInCatalog(env, project, [one], { specs: ["A" as never], by: "t" });
        pause.resume();
        const pin = await pinning;
        expect(pin.tail).toEqual([]);
        expect(pin.groups.get(0)?.manifest?.added).toHaveLength(1);
      });
    }
  }

  test("a run that ended between catalog and manifests is made up for", async () => {
    const env = await drainedShop();
    await retireInCatalog(env, project, [one], { specs: ["A" as never], by: "t" });
    expect((await openPin(env, project)).tail).toEqual([]);
    await runCollection(env, project);
    const pin = await openPin(env, project);
    expect(pin.groups.get(0)?.manifest?.watermarks).toEqual({
      positions: {},
      infinite: [{ from: 1, to: 1 }],
    });
    expect(await keysUnder(env, `${project}/tail/`)).toEqual([]);
  });
});
