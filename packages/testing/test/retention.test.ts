import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Project, Store } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { Clock } from "@shale/env";
import type { EventInput } from "@shale/model";
import { dayText } from "@shale/model";
import { afterAll, expect, test } from "vitest";
import { collect, NEVER_MS } from "./engine-process.test-support.ts";
import { fastClock, filesUnder } from "./erasure.test-support.ts";

const root = mkdtempSync(join(tmpdir(), "shale-retention-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
/** Files are written now, by the real clock: the lesser of two clocks says what is old (C6). */
const today = Math.floor(Date.now() / DAY_MS);
const KEEP = 30;
/** Days from long before the horizon to today. */
const days = Array.from({ length: 45 }, (_, i) => today - 44 + i);
const kept = days.filter((day) => day >= today - KEEP);

async function open(clock: Clock = fastClock()): Promise<{ store: Store; project: Project }> {
  const store = await openStore({
    ...{ root, clock, flushIntervalMs: NEVER_MS },
    ...{ compaction: "off", workerCount: 0 },
  });
  return { store, project: await store.project("shop", { shards: 3 }) };
}

function eventsOf(name: string): EventInput[] {
  return days.flatMap((day) =>
    Array.from({ length: 5 }, (_, i) => ({
      event: i % 2 === 0 ? "view" : "buy",
      user_id: `u${(day + i) % 4}`,
      // Never in the future: today has begun, and that is all that is known.
      time: day * DAY_MS + i,
      ...(i % 3 === 0 ? { insert_id: `${name}-${i}` } : {}),
      properties: { name, price: i / 4 },
    })),
  );
}

function segmentation(fromDay: number): Parameters<Project["query"]>[0] {
  return {
    kind: "segmentation",
    unit: "day",
    from: fromDay * DAY_MS,
    to: (today + 1) * DAY_MS,
    by: ["name"],
    series: [
      { select: {}, measure: "total" },
      { select: { event: "buy" }, measure: "unique" },
    ],
  };
}

async function answersOf(project: Project, fromDay: number): Promise<unknown[]> {
  const from = fromDay * DAY_MS;
  const { meta: _meta, ...segments } = await project.query(segmentation(fromDay));
  const timeline = await project.query({ kind: "timeline", user_id: "u1", from, limit: 1_000 });
  return [segments, timeline.events, await collect(project.events({ from }))];
}

function dayTexts(of: readonly number[]): string[] {
  return of.map((day) => dayText(day as Parameters<typeof dayText>[0]));
}

test("older days are hidden at once and gone after a compaction and a collection; newer ones are bit-equal", async () => {
  const { store, project } = await open();
  await project.append(eventsOf("first"));
  await project.flush();
  await project.compact();
  await project.append(eventsOf("second"));
  await project.flush();
  await project.append(eventsOf("third"));
  const [firstKept = 0] = kept;
  await project.deleteUsers(["u3"]);
  const wanted = await answersOf(project, firstKept);
  const before = await collect(project.events());

  expect(await project.setRetention("30d")).toEqual({ keepMs: KEEP * DAY_MS, firstDay: null });
  expect(await collect(project.events()), "only a collection raises the first day").toEqual(before);
  const { firstDay } = await project.collect({ graceMs: 0 });
  expect(firstDay).toBe(firstKept);
  expect(await project.retention()).toEqual({ keepMs: KEEP * DAY_MS, firstDay: firstKept });

  async function check(asked: Project): Promise<void> {
    const events = await collect(asked.events());
    const seen = new Set(events.map(({ time }) => time.slice(0, 10)));
    expect([...seen].sort()).toEqual(dayTexts(kept));
    expect(await answersOf(asked, firstKept)).toEqual(wanted);
    const [all] = (await answersOf(asked, days[0]!)) as [{ series: { overall: object }[] }];
    expect(JSON.stringify(all.series[0])).not.toContain("null");
    const schema = await asked.schema();
    expect(schema).toMatchObject({ firstDay: dayTexts(kept)[0], eventCount: events.length });
  }
  await check(project);
  await project.flush(); // For others to see.
  const reader = await open();
  await check(reader.project);

  await project.compact();
  for (let round = 0; round < 2; round++) await project.collect({ graceMs: 0 });
  await check(project);
  await check(reader.project);
  await reader.store.close();
  const folders = filesUnder(root).flatMap((path) => /day=([\d-]+)/.exec(path)?.[1] ?? []);
  expect([...new Set(folders)].sort(), "files of older days are gone").toEqual(dayTexts(kept));
  expect(await project.verify({ full: true })).toMatchObject({ ok: true, findings: [] });

  // Rows of hidden days that come later are hidden too, and no file is made of them.
  await project.append([{ event: "late", user_id: "u1", time: days[0]! * DAY_MS }]);
  await check(project);
  await project.compact();
  await check(project);
  expect(filesUnder(root).some((path) => path.includes(`day=${dayTexts(days)[0]}`))).toBe(false);
  await store.close();
});

test("keeping for ever again brings nothing back, and a delete still takes its course", async () => {
  const { store, project } = await open();
  const before = await collect(project.events());
  await project.setRetention(null);
  await project.collect({ graceMs: 0 });
  expect(await collect(project.events())).toEqual(before);
  await project.compact();
  await store.close();
  const last = await open();
  const retired: number[] = [];
  for (let round = 0; round < 2; round++) {
    const report = await last.project.collect({ graceMs: 0 });
    retired.push(...report.retiredTombstones);
  }
  expect(await collect(last.project.events())).toEqual(before);
  expect(await last.project.verify({ full: true })).toMatchObject({ ok: true });
  await last.store.close();
});
