import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { beforeEach, expect, test } from "vitest";
import { keysUnder, project } from "../../test/jobs.ts";
import { workPinBeatKey, workPinKey } from "./collect-keys.ts";
import { readStoreNow } from "./sight/store-now.ts";
import { isWorkPinLive, openWorkPin, readWorkPins, WORK_PIN_STALE_MS } from "./work-pins.ts";

let env: SimulatedEnv;
beforeEach(() => {
  env = simulatedEnv({ seed: 1 });
});

test("a pin says who works at what, and goes when the work is done", async () => {
  const pin = await openWorkPin(env, project, { what: "export" });
  const [found, ...others] = await readWorkPins(env, project);
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    nonce: pin.nonce,
    document: { what: "export", process: env.processes.self },
    pin: { modifiedMs: env.clock.nowMs() },
  });
  await pin.close();
  await pin.close();
  expect(await keysUnder(env, "")).toEqual([]);
});

test("its age is the store's: renewing moves the beat and never the pin", async () => {
  const openedMs = env.clock.nowMs();
  const pin = await openWorkPin(env.startProcess({ clockSkewMs: 1e9 }), project, { what: "copy" });
  for (let i = 1; i <= 3; i++) {
    await env.clock.advance(WORK_PIN_STALE_MS - 1);
    await pin.renew();
  }
  const [found] = await readWorkPins(env, project);
  expect(found?.pin?.modifiedMs).toBe(openedMs);
  const nowMs = await readStoreNow(env, project);
  expect(isWorkPinLive(found!, nowMs)).toBe(true);
  expect(isWorkPinLive(found!, nowMs + WORK_PIN_STALE_MS)).toBe(false);
});

test("a lost reply of a renewal is not taken for somebody else's doing", async () => {
  const pin = await openWorkPin(env, project, { what: "copy" });
  env.faults.setPlan({ rules: [{ what: ["put"], at: 1, fault: { kind: "after" } }] });
  await pin.renew();
  await pin.renew();
  await env.store.delete(workPinBeatKey(project, pin.nonce));
  await expect(pin.renew()).rejects.toMatchObject({ code: "SNAPSHOT_EXPIRED" });
});

test("one that cannot be read counts all the same", async () => {
  const pin = await openWorkPin(env, project, { what: "copy" });
  await env.store.put(workPinKey(project, pin.nonce), new Uint8Array(3), { always: true });
  await env.store.put(`${project}/pins/readme`, new Uint8Array(3), { always: true });
  const [found, ...others] = await readWorkPins(env, project);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ nonce: pin.nonce, document: undefined });
  expect(isWorkPinLive(found!, env.clock.nowMs())).toBe(true);
});
