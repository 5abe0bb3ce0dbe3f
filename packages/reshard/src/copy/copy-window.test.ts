import { openCatalog } from "@shale/catalog";
import { openStore } from "@shale/engine";
import { projectId } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { copyWindowOf, isOpen } from "./copy-window.ts";

const HOUR_MS = 3_600_000;
const at = (text: string): number => Date.parse(text);

test("a window past midnight, in its own zone, with the hour that summer time takes", () => {
  const night = copyWindowOf("22:00-06:00", "Europe/Berlin");
  expect(night).toEqual({ from: "22:00", to: "06:00", timezone: "Europe/Berlin" });
  expect(isOpen(night, at("2026-10-01T19:59:00Z"))).toBe(false); // 21:59 there
  expect(isOpen(night, at("2026-10-01T20:00:00Z"))).toBe(true);
  expect(isOpen(night, at("2026-10-02T03:59:59Z"))).toBe(true);
  expect(isOpen(night, at("2026-10-02T04:00:00Z"))).toBe(false);
  expect(isOpen(night, at("2026-12-02T04:30:00Z"))).toBe(true); // winter: 05:30
  const noon = copyWindowOf("12:00-13:00");
  expect([
    isOpen(noon, at("2026-10-01T12:59:59Z")),
    isOpen(noon, at("2026-10-01T13:00:00Z")),
  ]).toEqual([true, false]);
});

test.each(["", "22:00", "24:00-06:00", "9:00-10:00", "10:00-10:00", "10:00-11:60"])(
  "%j is no window",
  (text) => {
    expect(() => copyWindowOf(text)).toThrow(/22:00-06:00/);
  },
);

test("a zone that nobody knows is refused", () => {
  expect(() => copyWindowOf("22:00-06:00", "Mars/Base")).toThrow(/time zone "Mars\/Base"/);
});

test("copies wait for their window, and a wider one lets them go on at once", async () => {
  const env = simulatedEnv({ seed: 1 });
  env.clock.stepWallTo(at("2026-10-01T12:00:00Z"));
  const store = await env.clock.holdDuring(openStore({ env, compaction: "off" }));
  const project = await store.project("shop", { shards: 2 });
  const view = { event: "view", user_id: "u1", time: env.clock.nowMs() };
  await project.append([view]);
  const { reshard } = project;
  const throttle = { window: copyWindowOf("22:00-06:00") };
  await reshard.begin({ shards: 3, throttle });
  const waits = new Set<string | null>();
  const startMs = env.clock.monotonicMs();
  const copied = await reshard.backfill({ onProgress: (progress) => waits.add(progress.waits) });
  expect([copied.complete, copied.rowsDone]).toEqual([true, 1]);
  expect(waits).toContain("window");
  expect(env.clock.monotonicMs() - startMs).toBeGreaterThan(9.9 * HOUR_MS);
  expect((await reshard.status()).throttle).toMatchObject(throttle);

  env.clock.stepWallTo(at("2026-10-02T12:00:00Z"));
  await project.append([{ ...view, time: at("2026-10-02T12:00:00Z") }]);
  await reshard.abort({ graceMs: 0 });
  await reshard.begin({ shards: 3, throttle });
  const againMs = env.clock.monotonicMs();
  const copying = reshard.backfill();
  await reshard.backfill({ throttle: { window: null } });
  expect((await copying).complete).toBe(true);
  expect(env.clock.monotonicMs() - againMs).toBeLessThan(HOUR_MS);
  const catalog = await openCatalog(env, projectId("shop")).loadNewest();
  expect(catalog?.operation?.throttle.window).toBeNull();
  await store.close();
  env.endSimulation();
});
