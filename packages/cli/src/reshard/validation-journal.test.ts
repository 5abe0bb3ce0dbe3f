import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournaledDay } from "@shale/engine";
import type { Day } from "@shale/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fixedClock, NOW_MS } from "../../test/cli.test-support.ts";
import { openValidationJournal } from "./validation-journal.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shale-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const day = 20_362 as Day;
const facts = { events: 3, users: 2, digest: "0".repeat(32) };
const unit = { day: "2025-10-01", generation: 0, equal: true, old: facts, new: facts };
const equal: JournaledDay = {
  fingerprint: "ab".repeat(32),
  comparison: {
    misplaced: 0,
    units: [unit],
    differences: [],
    rowsRead: 6,
    shardDaysFromFooters: 0,
  },
};
const event = { event: "view", user_id: "ada", time: "", insert_id: "1", properties: {} };
const difference = { day: "2025-10-01", generation: 0, shard: 3, missing: [event], extra: [] };
const different: JournaledDay = {
  ...equal,
  comparison: {
    ...equal.comparison,
    units: [{ ...unit, equal: false }],
    differences: [difference],
  },
};
const place = { root: "data", projectId: "shop", full: false, clock: fixedClock() };
const open = (change: Partial<typeof place> = {}) =>
  openValidationJournal(join(folder, "cache"), { ...place, ...change });

test("a day that was equal is remembered by a later run, and by that of no other store", async () => {
  await (await open()).save(day, equal);
  expect(await (await open()).load(day)).toEqual(equal);
  expect(await (await open()).load((day + 1) as Day)).toBe(undefined);
  for (const change of [{ root: "other" }, { projectId: "other" }, { full: true }]) {
    expect(await (await open(change)).load(day)).toBe(undefined);
  }
});

test("a day that differs leaves no trace: its events are in no file outside of the store", async () => {
  await (await open()).save(day, different);
  await (await open()).save(day, { ...equal, comparison: { ...equal.comparison, misplaced: 1 } });
  expect(readdirSync(folder)).toEqual([]);
});

test("nothing is left after a complete run, and removing nothing is fine", async () => {
  const journal = await open();
  await journal.remove();
  await journal.save(day, equal);
  await journal.remove();
  expect(readdirSync(join(folder, "cache"))).toEqual([]);
});

test("half a line, another text and a day of yesterday are as if they were not there", async () => {
  await (await open()).save(day, equal);
  const path = join(folder, "cache", readdirSync(join(folder, "cache"))[0] ?? "");
  const whole = readFileSync(path, "utf8");
  appendFileSync(path, `nonsense\n7\n${whole.slice(0, -1)}`);
  expect(await (await open()).load(day)).toEqual(equal);
  writeFileSync(path, whole.slice(0, -1));
  expect(await (await open()).load(day)).toBe(undefined);
  writeFileSync(path, whole);
  const clock = { ...fixedClock(), nowMs: () => NOW_MS + 86_400_001 };
  expect(await (await open({ clock })).load(day)).toBe(undefined);
});

test("a folder that cannot be written ends no validation", async () => {
  writeFileSync(join(folder, "cache"), "a file");
  const journal = await open();
  await journal.save(day, equal);
  expect(await journal.load(day)).toBe(undefined);
  await journal.remove();
});
