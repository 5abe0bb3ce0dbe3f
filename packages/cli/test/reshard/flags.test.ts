import type { BackfillOptions, BeginOptions } from "@shale/engine";
import { describe, expect, test, vi } from "vitest";
import { projectOf, run, storeOf } from "../cli.test-support.ts";
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

test.each([
  ["50MB/s", 50_000_000],
  ["500KB/s", 500_000],
  ["1.5GB/s", 1_500_000_000],
  ["800B/s", 800],
  ["none", null],
])("--throttle=%s is %j bytes a second", async (text, bytesPerSecond) => {
  const done = {
    ...{ state: "backfilling" as const, complete: true, rowsPerSecond: 0, etaMs: 0 },
    ...{ jobsDone: 1, jobsTotal: 1, rowsDone: 1, rowsTotal: 1, bytesDone: 1, bytesTotal: 1 },
  };
  const backfill = vi.fn(async (_options?: BackfillOptions) => done);
  const { reshard } = projectOf({});
  const store = storeOf({ reshard: { ...reshard, backfill } });
  await run(["reshard", "backfill", `--throttle=${text}`], store);
  expect(backfill.mock.calls[0]?.[0]?.throttle).toEqual({ bytesPerSecond });
});
