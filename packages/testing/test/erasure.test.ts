import { cpSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemProcesses } from "@shale/env";
import { afterAll, describe, expect, test } from "vitest";
import { collect } from "./engine-process.test-support.ts";
import {
  compactAt,
  eventsOf,
  filesUnder,
  filesWithMarker,
  MARKER,
  openAt,
  othersIn,
  parquetWithMarker,
  processesOf,
  victims,
} from "./erasure.test-support.ts";

const scratch = mkdtempSync(join(tmpdir(), "shale-erasure-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Nothing of the deleted users anywhere, and everything of the others. */
async function expectErased(root: string, wanted: unknown): Promise<void> {
  expect(filesWithMarker(root), "no byte is left").toEqual([]);
  expect(await parquetWithMarker(root), "no compressed byte is left").toEqual([]);
  const { store, project } = await openAt(root);
  const events = await collect(project.events());
  expect(JSON.stringify(events)).not.toContain(MARKER);
  expect(JSON.stringify(await project.schema())).not.toContain(MARKER);
  expect(events).toEqual(wanted);
  expect(await project.verify({ full: true })).toMatchObject({ ok: true, findings: [] });
  await store.close();
}

describe.each([["none"], ["lz4"], ["snappy"], [undefined]] as const)(
  "compression %s",
  (compression) => {
    test("of deleted users no byte is left, wherever their rows stood", async () => {
      const root = join(scratch, `root-${compression}`);
      const first = await openAt(root);
      const second = await openAt(root);
      for (const [place, { project }] of [first, second].entries()) {
        await project.append(eventsOf(`compacted-${place}`));
        await project.flush();
      }
      await compactAt(root, compression);
      // The same insert ids again: duplicates, in another file and another log.
      for (const [place, { project }] of [first, second].entries()) {
        await project.append([...eventsOf(`flushed-${place}`), ...eventsOf("compacted-0")]);
        await project.flush();
        await project.append(eventsOf(`logged-${place}`));
      }
      expect(filesWithMarker(root).length).toBeGreaterThan(5);
      for (const { project } of [first, second]) await project.flush();
      const wanted = await othersIn(first.project);
      for (const [place, { project }] of [first, second].entries()) {
        const marked = eventsOf(`log-${place}`).filter(({ user_id }) => victims.includes(user_id));
        await project.append(marked);
      }

      const receipt = await first.project.deleteUsers(victims);
      expect(receipt).toMatchObject({ unanswered: [] });
      expect(JSON.stringify(receipt)).not.toContain(MARKER);
      expect(await collect(first.project.events())).toEqual(wanted);
      expect(await collect(second.project.events())).toEqual(wanted);

      await first.store.close();
      await second.store.close();
      await compactAt(root, compression);
      const { store, project } = await openAt(root);
      const collected = await project.collect({ graceMs: 0 });
      expect(collected.retiredWriters).toEqual([1, 2]);
      const again = await project.collect({ graceMs: 0 });
      expect([...collected.retiredTombstones, ...again.retiredTombstones].sort()).toEqual(
        receipt.tombstones.map(({ number }) => number),
      );
      await store.close();
      await expectErased(root, wanted);
    });
  },
);

test("while writers go on, what they had flushed goes too, and later rows are shown", async () => {
  const root = join(scratch, "open");
  const first = await openAt(root);
  const second = await openAt(root);
  for (const { project } of [first, second]) {
    await project.append(eventsOf("before"));
    await project.flush();
    await project.append(eventsOf("logged"));
  }
  await first.project.deleteUsers(victims);
  for (const { project } of [first, second]) {
    await project.append([{ event: "back", user_id: victims[0]!, time: "2026-10-05T00:00:00Z" }]);
    await project.flush();
    await project.append([{ event: "idle", user_id: "cat", time: "2026-10-06T00:00:00Z" }]);
    await project.flush(); // The head of a tail stays: it shall hold nothing of theirs.
  }
  await first.project.compact();
  for (let round = 0; round < 2; round++) await first.project.collect({ graceMs: 0 });
  const kept = (await collect(first.project.events())).filter(({ user_id }) =>
    victims.includes(user_id),
  );
  expect(kept.map(({ event }) => event)).toEqual(["back", "back"]);
  // What is left of them is the rows that came back: their id, in two files of one day.
  const left = filesWithMarker(root).filter((path) => !path.includes("/wal/"));
  expect(left.every((path) => path.includes("day=2026-10-05"))).toBe(true);
  await first.store.close();
  await second.store.close();
});

test("the log of a writer that died before the delete is taken over after it, and brings nobody back", async () => {
  const before = join(scratch, "dying");
  const root = join(scratch, "dead");
  const dead = { host: "elsewhere", pid: 1, started: "" };
  const dying = await openAt(
    before,
    processesOf(dead, () => "alive"),
  );
  await dying.project.append(eventsOf("flushed"));
  await dying.project.flush();
  const wanted = [...(await othersIn(dying.project))];
  await dying.project.append(eventsOf("logged"));
  cpSync(before, root, { recursive: true }); // What a kill at this moment leaves.
  await dying.store.close().catch(() => undefined); // It is of no account any more.

  const { self, stateOf } = systemProcesses();
  const openWhile = (state: "dead" | "unknown") =>
    openAt(
      root,
      processesOf(self, (one) => (one.host === dead.host ? state : stateOf(one))),
    );
  const deleting = await openWhile("unknown");
  const receipt = await deleting.project.deleteUsers(victims, { waitMs: 200 });
  expect(receipt.unanswered).toEqual([1]);
  await deleting.project.compact();
  for (let round = 0; round < 2; round++) {
    const { retiredTombstones } = await deleting.project.collect({ graceMs: 0 });
    expect(retiredTombstones, "its log may hold rows of theirs").toEqual([]);
  }
  expect(await collect(deleting.project.events())).toEqual(wanted);
  // Its log, and the last object of its tail, which stays until it is sealed (C5).
  expect(filesWithMarker(root).every((path) => /\/(wal|tail)\//.test(path))).toBe(true);
  await deleting.store.close();

  const recovering = await openWhile("dead");
  const others = await othersIn(recovering.project);
  expect(others).toHaveLength(wanted.length * 2);
  expect(await collect(recovering.project.events())).toEqual(others);
  await recovering.project.compact();
  const retired: number[] = [];
  for (let round = 0; round < 2; round++) {
    retired.push(...(await recovering.project.collect({ graceMs: 0 })).retiredTombstones);
  }
  expect(retired.sort()).toEqual(receipt.tombstones.map(({ number }) => number));
  await recovering.store.close();
  await expectErased(root, others);
});

test("what a killed compacter left half-written goes with a collection an hour later", async () => {
  const root = join(scratch, "half");
  const { store, project } = await openAt(root);
  await project.append(eventsOf("a"));
  await project.compact();
  const [file = ""] = filesUnder(root).filter((path) => path.endsWith(".parquet"));
  const half = join(dirname(file), `.tmp~${"0123456789abcdef".repeat(2)}`);
  await store.close();
  writeFileSync(half, `${MARKER} and more`);
  const twoHoursAgo = new Date(Date.now() - 7_200_000);
  utimesSync(half, twoHoursAgo, twoHoursAgo);
  for (const mark of filesUnder(root).filter((path) => dirname(path) === root)) {
    utimesSync(mark, twoHoursAgo, twoHoursAgo);
  }
  const later = await openAt(root);
  await later.project.collect({ graceMs: 0 });
  await later.store.close();
  expect(filesUnder(root)).not.toContain(half);
});
