import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "@shale/env";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NOW_MS, run } from "../cli.test-support.ts";
import { eventsOf } from "./reshard.test-support.ts";

const DAY = /^\d{4}-\d\d-\d\d$/;
const HEX_32 = /^[0-9a-f]{32}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "shale-reshard-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One command on a store in the folder; its document. */
async function shale(line: string, root = "store"): Promise<{ exitCode: number; json: unknown }> {
  const { exitCode, stdout, stderr } = await run(
    [...line.split(" "), "--root", join(folder, root), "--json"],
    { clock: systemClock(), env: { HOME: folder } },
  );
  expect(stderr, line).toBe("");
  return { exitCode, json: JSON.parse(stdout) };
}
async function done(line: string, root?: string): Promise<unknown> {
  const { exitCode, json } = await shale(line, root);
  expect([line, exitCode, json]).toEqual([line, 0, expect.anything()]);
  return json;
}
async function ingest(first: number, count: number, root?: string): Promise<void> {
  const path = join(folder, `from-${first}.ndjson`);
  writeFileSync(
    path,
    eventsOf(first, count)
      .map((event) => JSON.stringify(event))
      .join("\n"),
  );
  await done(`ingest ${path}${first === 0 ? " --shards=8" : ""}`, root);
}
const range = `--from 2026-11-01 --to 2026-12-01`;
const perDay = (spec = "") =>
  done(`segment ${range} --unit day --measure unique --by $event${spec}`).then((answer) => {
    return (answer as { series: unknown }).series;
  });

test("from 8 to 32 shards, back, there again, and the old spec is gone", async () => {
  await ingest(0, 400);
  await done("compact");
  await ingest(400, 100);

  const plan = await done("reshard plan --num-data-shards=32");
  expect(plan).toMatchObject({
    ...{ from: { spec: "A", shards: 8 }, to: { spec: "B", shards: 32 }, rows: 500 },
    ...{ jobs: expect.any(Number), bytes: expect.any(Number), diskPeakBytes: expect.any(Number) },
    ...{ etaMs: expect.any(Number), largestUser: { share: expect.closeTo(1 / 17, 2) } },
    skew: { before: expect.any(Number), after: expect.any(Number) },
    warnings: [expect.stringContaining("One user"), expect.stringContaining("100 rows")],
  });
  expect(await done("reshard log")).toEqual({ entries: [] });

  const begun = await done(
    "reshard begin --num-data-shards=32 --retention=0ms --operation-id=grow",
  );
  expect(begun).toEqual({
    ...{ operationId: "grow", spec: "B", shards: 32, generation: 1, state: "teeing" },
    cut: { 1: expect.any(Number), 2: expect.any(Number) },
  });
  await ingest(500, 100);
  expect(await done("reshard status")).toMatchObject({
    ...{ state: "teeing", live: "A", operationId: "grow", generation: 1, behind: null },
    progress: { jobsDone: 0, rowsDone: 0, bytesDone: 0 },
    validation: { token: null, valid: false, reason: "not validated yet" },
    ...{ throttle: { bytesPerSecond: null, concurrency: 2, window: null }, lastError: null },
  });

  const half = await done("reshard backfill --new-sharding-spec=B --pause");
  expect(half).toMatchObject({ state: "teeing", paused: true, complete: false, rowsDone: 0 });
  const paused = await shale("reshard backfill --new-sharding-spec=B");
  expect(paused).toMatchObject({ exitCode: 75, json: { paused: true, complete: false } });
  const doctor = await shale("doctor");
  expect(JSON.stringify(doctor.json)).toContain("RESHARD_PAUSED");
  const copied = await done("reshard backfill --new-sharding-spec=B --resume --throttle=50MB/s");
  expect(copied).toMatchObject({
    ...{ state: "backfilling", rowsDone: 500, rowsTotal: 500, etaMs: 0, complete: true },
    ...{ jobsDone: expect.any(Number), jobsTotal: expect.any(Number) },
    ...{ bytesDone: expect.any(Number), bytesTotal: expect.any(Number) },
    rowsPerSecond: expect.any(Number),
  });

  const validated = await done("reshard validate --new-sharding-spec=B --full");
  expect(validated).toMatchObject({
    ...{ matched: true, misplaced: 0, token: expect.stringMatching(HEX_32), differences: [] },
    cut: { 1: expect.any(Number), 2: expect.any(Number), 3: expect.any(Number) },
  });
  const { units, token } = validated as {
    units: { day: string; generation: number; old: { events: number } }[];
    token: string;
  };
  expect(new Set(units.map(({ generation }) => generation))).toEqual(new Set([0, 1]));
  for (const unit of units) {
    const facts = { events: unit.old.events, users: expect.any(Number) };
    const digest = expect.stringMatching(HEX_32);
    expect(unit).toMatchObject({
      ...{ day: expect.stringMatching(DAY), equal: true },
      ...{ old: { ...facts, digest }, new: { ...facts, digest } },
    });
  }
  expect(units.reduce((sum, unit) => sum + unit.old.events, 0)).toBe(600);

  const finalize = `reshard finalize --new-sharding-spec=B --token=${token}`;
  const finalized = {
    ...{ state: "finalized", live: "B" },
    ...{ pauseMs: expect.any(Number), rollbackUntil: expect.stringMatching(ISO) },
  };
  const after = await perDay();
  expect(await done(finalize)).toEqual(finalized);
  expect(await done(finalize)).toEqual({ ...finalized, pauseMs: 0 });
  expect(await perDay()).toEqual(after);

  expect(await done("reshard rollback")).toMatchObject({
    ...{ state: "validating", live: "A", pauseMs: expect.any(Number) },
    comparison: { matched: true, differences: [] },
  });
  expect(await perDay()).toEqual(after);
  expect((await shale(finalize)).json).toMatchObject({ error: { code: "VALIDATION_REQUIRED" } });
  await done("reshard validate");
  expect(await done("reshard finalize")).toEqual(finalized);

  const status = await done("status");
  expect(status).toMatchObject({
    ...{ live: "B", generation: 1 },
    specs: [
      { spec: "A", shards: 8, events: 600 },
      { spec: "B", shards: 32, events: 600 },
    ],
  });
  const collected = await done("reshard collect");
  expect(collected).toMatchObject({ state: "steady", live: "B", kept: expect.any(Array) });
  const { deletedObjects, deletedBytes } = collected as Record<string, number>;
  expect([Number(deletedObjects) > 8, Number(deletedBytes) > 1_000]).toEqual([true, true]);
  expect(await perDay()).toEqual(after);
  expect(await done("status")).toMatchObject({ live: "B", specs: [{ spec: "B", events: 600 }] });
  expect(await done("verify --full")).toMatchObject({ ok: true, findings: [] });

  const { entries } = (await done("reshard log")) as { entries: Record<string, unknown>[] };
  expect(entries.map(({ verb, to }) => `${verb} ${to}`)).toEqual([
    "begin teeing",
    "backfill backfilling",
    "validate validating",
    "finalize finalized",
    "rollback validating",
    "validate validating",
    "finalize finalized",
    "collect steady",
  ]);
  expect(await done("reshard log --after 7")).toEqual({ entries: [entries[7]] });
  expect(await done("reshard begin --num-data-shards=8")).toMatchObject({
    spec: "C",
    generation: 2,
  });
  expect(await done("reshard abort")).toEqual({ state: "steady", live: "B" });
}, 120_000);

test("a new spec that lost a file: 65 and which one, and no way to finalize", async () => {
  await ingest(0, 200, "damaged");
  await done("compact", "damaged");
  await done("reshard begin --num-data-shards=3", "damaged");
  await done("reshard backfill", "damaged");
  const { files } = (await done("status --files", "damaged")) as { files: unknown[] };
  expect(files.length).toBeGreaterThan(0);
  rmSync(join(folder, "damaged", "default", "spec=B", "shard=1"), { recursive: true });
  const missing = await shale("reshard validate", "damaged");
  expect(missing).toMatchObject({ exitCode: 65, json: { matched: false, token: null } });
  const { objects } = missing.json as { objects: { object: string; problem: string }[] };
  expect(objects.map(({ problem }) => problem)).toContain("missing");
  for (const { object } of objects) expect(object).toContain("default/spec=B/shard=1/");
  expect((await shale("reshard finalize", "damaged")).exitCode).toBe(75);
  const left = await done("reshard abort", "damaged");
  expect(left).toEqual({ state: "steady", live: "A" });
}, 60_000);

/** A program that appends as long as its standard input is open, and prints how much. */
const appender = `
import { openStore } from ${JSON.stringify(
  new URL("../../../shale/dist/index.js", import.meta.url).href,
)};
const [root, first] = process.argv.slice(2);
const store = await openStore({ root, workerCount: 0 });
const project = await store.project("default");
let open = true, n = Number(first);
process.stdin.on("end", () => { open = false; }).resume();
console.log("ready");
while (open) {
  const events = Array.from({ length: 20 }, () => ({
    event: n % 3 === 0 ? "purchase" : "view", user_id: "u" + (n % 17), insert_id: "i" + n++,
    time: ${NOW_MS} - (n * 7_919_000) % 259_200_000,
  }));
  await project.append(events, { durability: "committed" });
}
await store.close();
console.log(n - Number(first));
`;

test("another process appends through the library while this one reshards: nothing is lost", async () => {
  await ingest(0, 200, "busy");
  await done("compact", "busy");
  const script = join(folder, "appender.mjs");
  writeFileSync(script, appender);
  const child = spawn(process.execPath, [script, join(folder, "busy"), "1000"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  while (!said.includes("ready") && child.exitCode === null) await sleep(20);
  const lines = [
    "begin --num-data-shards=32 --retention=0ms",
    "backfill --new-sharding-spec=B",
    "validate --new-sharding-spec=B",
    "finalize --new-sharding-spec=B",
    "rollback",
    "validate --full",
    "finalize",
  ];
  for (const line of lines) {
    await done(`reshard ${line}`, "busy");
    await sleep(50);
  }
  child.stdin.end();
  expect(await ended).toBe(0);
  const appended = Number(said.split("\n")[1]);
  expect(appended).toBeGreaterThan(20);
  const counts = async (spec: string) =>
    ((await done(`query --sharding-spec ${spec} --query ${total}`, "busy")) as Totals).series[0]
      ?.overall.range;
  expect(await counts("A")).toBe(200 + appended);
  expect(await counts("B")).toBe(200 + appended);
  await done("reshard collect", "busy");
  expect(await done("verify --full", "busy")).toMatchObject({ ok: true });
}, 120_000);

interface Totals {
  readonly series: readonly { readonly overall: { readonly range: number } }[];
}
const total = JSON.stringify({
  ...{ kind: "segmentation", unit: "range", from: "2026-11-01", to: "2026-12-01" },
  series: [{ select: {}, measure: "total" }],
});
