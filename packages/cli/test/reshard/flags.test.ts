import type { BackfillOptions, BeginOptions, ReshardStatus } from "@shale/engine";
import { ShaleError } from "@shale/model";
import { describe, expect, test, vi } from "vitest";
import { fixedClock, projectOf, run, storeOf } from "../cli.test-support.ts";
import { openShop } from "./reshard.test-support.ts";

describe("wrong flags exit with 64", () => {
  test.each([
    [["plan"], "--num-data-shards"],
    [["begin"], "--num-data-shards"],
    [["begin", "--num-data-shards=0"], "from 1 up"],
    [["begin", "--num-data-shards=-3"], "from 1 up"],
    [["begin", "--num-data-shards=many"], "from 1 up"],
    [["begin", "--num-data-shards=4", "--strategy=slow"], "tee, chunked"],
    [["begin", "--num-data-shards=4", "--horizon-days=-1"], "from 0 up"],
    [["begin", "--num-data-shards=4", "--retention=soon"], "--retention"],
    [["backfill", "--throttle=fast"], "50MB/s"],
    [["backfill", "--throttle=0MB/s"], "50MB/s"],
    [["backfill", "--throttle=50"], "50MB/s"],
    [["backfill", "--concurrency=0"], "from 1 up"],
    [["backfill", "--pause", "--resume"], "--resume"],
    [["backfill", "--pause", "--throttle=none"], "--pause"],
    [["backfill", "--new-sharding-spec=b"], "A, B"],
    [["abort", "--grace=later"], "--grace"],
    [["log", "--after=x"], "from 0 up"],
    [["finalise"], "unknown command"],
    [[], "a command is missing"],
  ])("%j", async (argv, part) => {
    const { exitCode, stdout } = await run(["reshard", ...argv, "--json"], storeOf({}));
    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([64, "USAGE"]);
    expect(error.message).toContain(part);
  });

  test.each([
    [2, "it has that many"],
    [1_000_000, "65536"],
  ])("begin and plan with %i shards", async (shards, part) => {
    const shop = await openShop();
    for (const verb of ["plan", "begin"]) {
      const { exitCode, stdout } = await shop.reshard([
        verb,
        `--num-data-shards=${shards}`,
        "--json",
      ]);
      const { error } = JSON.parse(stdout);
      expect([verb, exitCode, error.code]).toEqual([verb, 64, "SHARDS_INVALID"]);
      expect(error.message + error.hint).toContain(part);
    }
    const many = await shop.reshard(["backfill", "--concurrency=65"]);
    expect(many.exitCode).toBe(75);
    expect(JSON.parse((await shop.reshard(["log", "--json"])).stdout)).toEqual({ entries: [] });
    await shop.store.close();
  });
});

test("a project that does not exist is not created", async () => {
  const shop = await openShop();
  for (const argv of [
    ["plan", "--num-data-shards=3"],
    ["begin", "--num-data-shards=3"],
    ["status"],
  ]) {
    const { exitCode, stderr } = await shop.reshard([...argv, "--project-id=other"]);
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining("PROJECT_NOT_FOUND")]);
  }
  expect(await shop.store.projects()).toEqual(["default"]);
  await shop.store.close();
});

test("begin passes on what it was given, and 0ms is a retention", async () => {
  const begun = {
    ...{ operationId: "grow", spec: "B", shards: 32, generation: null },
    ...{ state: "copying" as const, cut: {} },
  };
  const begin = vi.fn(async (_options: BeginOptions) => begun);
  const { reshard } = projectOf({});
  const argv = ["--num-data-shards=32", "--strategy=chunked", "--horizon-days=3"];
  const store = storeOf({ reshard: { ...reshard, begin } });
  const rest = ["--retention=0ms", "--operation-id=grow", "--json"];
  const { exitCode, stdout } = await run(["reshard", "begin", ...argv, ...rest], store);
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, begun]);
  expect(begin).toHaveBeenCalledWith(
    expect.objectContaining({
      ...{ shards: 32, strategy: "chunked", horizonDays: 3 },
      ...{ retention: 0, operationId: "grow" },
    }),
  );
});

/** A store whose backfill has nothing left to do, and tells what it was given. */
function storeThatBackfills() {
  const done = {
    ...{ state: "backfilling" as const, complete: true, rowsPerSecond: 0, etaMs: 0 },
    ...{ jobsDone: 1, jobsTotal: 1, rowsDone: 1, rowsTotal: 1, bytesDone: 1, bytesTotal: 1 },
  };
  const backfill = vi.fn(async (_options?: BackfillOptions) => done);
  const { reshard } = projectOf({});
  const store = storeOf({ reshard: { ...reshard, backfill } });
  return { backfill, store };
}

test.each<[string[], object | undefined]>([
  [["--window=22:00-06:00"], { window: { from: "22:00", to: "06:00", timezone: "UTC" } }],
  [["--window=1:00-06:00"], undefined],
  [
    ["--window=22:00-06:00", "--window-timezone=Europe/Berlin", "--concurrency=3"],
    { concurrency: 3, window: { from: "22:00", to: "06:00", timezone: "Europe/Berlin" } },
  ],
  [["--window=none"], { window: null }],
  [["--window=none", "--window-timezone=UTC"], undefined],
  [["--window=22:00-06:00", "--pause"], undefined],
])("%j sets %j", async (argv, set) => {
  const { backfill, store } = storeThatBackfills();
  const { exitCode } = await run(["reshard", "backfill", ...argv], store);
  expect(exitCode).toBe(set === undefined ? 64 : 0);
  expect(backfill.mock.calls.map(([options]) => options?.throttle)).toEqual(
    set === undefined ? [] : [set],
  );
});

test.each([
  ["50MB/s", 50_000_000],
  ["500KB/s", 500_000],
  ["1.5GB/s", 1_500_000_000],
  ["800B/s", 800],
  ["none", null],
])("--throttle=%s is %j bytes a second", async (text, bytesPerSecond) => {
  const { backfill, store } = storeThatBackfills();
  await run(["reshard", "backfill", `--throttle=${text}`], store);
  expect(backfill.mock.calls[0]?.[0]?.throttle).toEqual({ bytesPerSecond });
});

test("differences are a document and 65; a rollback that meets them shows them and exits with 75", async () => {
  const facts = { events: 1, users: 1, digest: "a".repeat(32) };
  const unit = { day: "2026-10-01", generation: 0, equal: false, old: facts, new: facts };
  const event = { event: "lost", user_id: "ada", time: "", insert_id: "1", properties: {} };
  const difference = { day: "2026-10-01", generation: 0, shard: 3, missing: [event], extra: [] };
  const comparison = { matched: false, units: [unit], differences: [difference] };
  const validated = { ...comparison, cut: { 1: 9 }, misplaced: 0, token: null, objects: [] };
  const { reshard } = projectOf({});
  const error = new ShaleError("RESHARD_DIFFERENCES", "Cannot roll back", {
    details: { comparison },
  });
  const store = storeOf({
    reshard: {
      ...reshard,
      validate: async () => validated,
      rollback: () => Promise.reject(error),
    },
  });
  const json = await run(["reshard", "validate", "--json"], store);
  expect([json.exitCode, JSON.parse(json.stdout), json.stderr]).toEqual([65, validated, ""]);
  expect((await run(["reshard", "validate"], store)).stdout).toContain("missing");
  const back = await run(["reshard", "rollback"], store);
  expect(back).toMatchObject({ exitCode: 75, stdout: expect.stringMatching(/missing.*lost/) });
  expect(back.stderr).toContain("--accept-differences");
  const document = await run(["reshard", "rollback", "--json"], store);
  expect(JSON.parse(document.stdout).error.details).toEqual({ comparison });
});

const watched: ReshardStatus = {
  ...{ state: "backfilling", live: "A", operationId: "grow", generation: 1, strategy: "tee" },
  ...{ from: { spec: "A", shards: 2 }, to: { spec: "B", shards: 3 }, progress: null, lag: null },
  ...{
    behind: null,
    paused: false,
    throttle: null,
    lastError: null,
    rollbackUntil: null,
    next: [],
  },
  validation: { token: null, valid: false, reason: "not validated yet" },
};
const over: ReshardStatus = { ...watched, state: "steady", operationId: null };

function watching(states: readonly ReshardStatus[]) {
  const left = [...states];
  const { reshard } = projectOf({});
  const status = async (): Promise<ReshardStatus> => left.shift() ?? over;
  return storeOf({ reshard: { ...reshard, status } });
}

test("--watch: a line for each change in a pipe, a page drawn again on a terminal, until it is over", async () => {
  const argv = ["reshard", "status", "--watch"];
  const states = [watched, watched, { ...watched, paused: true }];
  const piped = await run(argv, watching(states));
  expect(piped.exitCode).toBe(0);
  expect(piped.stdout.split("\n").map((line) => line.slice(26))).toEqual([
    "backfilling, spec A answers",
    "backfilling, spec A answers; paused",
    "steady, spec A answers",
    "",
  ]);
  expect(piped.stdout).not.toContain("\u001b");
  const drawn = await run([...argv, "--no-color"], { ...watching(states), isTTY: true });
  const pages = drawn.stdout.split("\u001b[J");
  expect(pages).toHaveLength(3);
  const lines = pages[0]?.split("\n").length ?? 0;
  expect(pages[0]?.endsWith(`\n\u001b[${lines - 1}A`)).toBe(true);
  const json = await run([...argv, "--json"], watching(states));
  expect(JSON.parse(json.stdout)).toEqual(over);
  expect(json.stderr.split("\n")).toHaveLength(4);
});

test("--watch ends quietly with 130 when it is interrupted", async () => {
  const stop = new AbortController();
  const clock = {
    ...fixedClock(),
    sleep: () => {
      stop.abort();
      return Promise.reject(new Error("interrupted"));
    },
  };
  const settings = { ...watching([watched]), clock, signal: stop.signal };
  const result = await run(["reshard", "status", "--watch"], settings);
  expect(result).toMatchObject({ exitCode: 130, stderr: "" });
});

test("a backfill on a terminal shows where it stands below its bar, and a pipe nothing", async () => {
  const progress = {
    ...{ jobsDone: 1, jobsTotal: 8, rowsDone: 10, rowsTotal: 100, bytesDone: 1, bytesTotal: 9 },
    ...{ rowsPerSecond: 10, etaMs: 9_000, waits: "rate" as const },
  };
  const { waits: _, ...shown } = progress;
  const { reshard } = projectOf({});
  const store = storeOf({
    reshard: {
      ...reshard,
      status: async () => ({ ...watched, lag: { tailObjects: 3 } }),
      backfill: async ({ onProgress } = {}) => {
        for (let step = 0; step < 9; step++) {
          onProgress?.(progress);
          await Promise.resolve();
        }
        return { ...shown, state: "backfilling", complete: true };
      },
    },
  });
  const argv = ["reshard", "backfill", "--no-color"];
  const settings = { ...store, clock: fixedClock(300), columns: 100 };
  const { stderr } = await run(argv, { ...settings, isTTY: true });
  expect(stderr).toContain("backfilling  ██░░");
  expect(stderr).toContain("9.0 s left  10 of 100 rows  10/s");
  expect(stderr).toContain("waits for the throttle  1/8 jobs  1 B of 9 B  3 tail objects to drain");
  expect((await run(argv, settings)).stderr).toBe("");
});
