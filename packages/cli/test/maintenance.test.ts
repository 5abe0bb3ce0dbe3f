import type { CollectOptions, CompactOptions, DeletionReceipt } from "@shale/engine";
import {
  InvariantError,
  ShaleError,
  type SpecName,
  specNameOf,
  type WriterOrdinal,
} from "@shale/model";
import { describe, expect, test, vi } from "vitest";
import { run, storeOf } from "./cli.test-support.ts";

const A: SpecName = specNameOf(0);
const clean = { ok: true, objects: 3, events: 4, findings: [], notes: [] };
const finding = { code: "OBJECT_MISSING", object: "k", message: "it is not there" } as const;
const damaged = new ShaleError("OBJECT_CORRUPT", "Cannot read shop/catalog/1: no", {
  details: { key: "shop/catalog/1" },
});
const receipt: DeletionReceipt = {
  tombstones: [{ userHash: "ab".repeat(16), number: 1, seq: 9 }],
  atMs: 0,
  unanswered: [],
  specs: [A],
};
const setting = { keepMs: null, firstDay: null };

describe("shale verify", () => {
  test("exits with 0 where nothing is wrong, and passes on --full", async () => {
    const verify = vi.fn(async () => clean);
    const result = await run(["verify", "--full", "--json"], storeOf({ verify }));
    expect(result).toMatchObject({ exitCode: 0, stdout: `${JSON.stringify(clean)}\n` });
    expect(verify).toHaveBeenCalledWith(expect.objectContaining({ full: true }));
  });

  test("exits with 65 and the list where something is", async () => {
    const verify = async () => ({ ...clean, ok: false, findings: [finding] });
    const json = await run(["verify", "--json"], storeOf({ verify }));
    expect([json.exitCode, JSON.parse(json.stdout).findings]).toEqual([65, [finding]]);
    const text = await run(["verify"], storeOf({ verify }));
    expect(text.stdout).toContain("OBJECT_MISSING\n  k\n  it is not there");
  });

  test("makes a finding of a catalog that cannot be read, and of nothing else", async () => {
    const failing = (error: Error) => storeOf({ verify: () => Promise.reject(error) });
    const result = await run(["verify", "--json"], failing(damaged));
    expect([result.exitCode, JSON.parse(result.stdout)]).toMatchObject([
      65,
      { ok: false, findings: [{ code: "OBJECT_CORRUPT", object: "shop/catalog/1" }] },
    ]);
    const away = new ShaleError("STORE_UNAVAILABLE", "Cannot reach it");
    expect((await run(["verify"], failing(away))).exitCode).toBe(69);
    expect((await run(["verify"], failing(new InvariantError("no")))).exitCode).toBe(70);
  });
});

describe("shale doctor", () => {
  const stuck = {
    code: "TAIL_LONG",
    what: "w",
    next: "shale compact",
    needsPerson: false,
  } as const;

  test.each([
    [0, { ok: true, findings: [] }],
    [0, { ok: true, findings: [stuck] }],
    [65, { ok: false, findings: [{ ...stuck, needsPerson: true }] }],
  ])("exits with %i for %j", async (exitCode, diagnosis) => {
    const store = storeOf({ diagnose: async () => diagnosis });
    const result = await run(["doctor", "--json"], store);
    expect([result.exitCode, JSON.parse(result.stdout)]).toEqual([exitCode, diagnosis]);
  });

  test("makes a finding of a catalog that cannot be read", async () => {
    const store = storeOf({ diagnose: () => Promise.reject(damaged) });
    const { exitCode, stdout } = await run(["doctor"], store);
    expect(exitCode).toBe(65);
    expect(stdout).toContain("DAMAGE");
    expect(stdout).toContain("next: shale verify");
  });
});

describe("shale compact and shale collect", () => {
  const counts = { drain: 0, merge: 0, purge: 0, expire: 0, copy: 0, fold: 0 };
  const none = {
    ...{ jobs: 0, inputs: 0, inputBytes: 0, files: 0, rows: 0, bytes: 0 },
    ...{ duplicates: 0, deleted: 0, expired: 0 },
  };
  const compaction = {
    counts: Object.fromEntries(Object.keys(counts).map((kind) => [kind, none])) as never,
    ...{ takenOver: 0, lost: 0, stopped: 0, planned: [] },
    written: { drainedRows: 0, rewrittenRows: 0 },
  };
  const collection = {
    ...{ deletedObjects: 0, deletedBytes: 0, kept: [], condemned: 0, graceMs: 0 },
    ...{ firstDay: null, droppedClaims: 0, retiredWriters: [], retiredTombstones: [] },
  };

  test("compact is full, and a dry run only with --dry-run", async () => {
    const compact = vi.fn(async (_options?: CompactOptions) => compaction);
    expect((await run(["compact"], storeOf({ compact }))).stdout).toBe("nothing to do\n");
    await run(["compact", "--dry-run", "--json"], storeOf({ compact }));
    expect(compact.mock.calls.map(([options]) => [options?.mode, options?.dryRun])).toEqual([
      ["full", false],
      ["full", true],
    ]);
  });

  test.each([
    [[], undefined],
    [["--grace", "15m"], 900_000],
    [["--grace", "0"], 0],
  ])("collect %j takes its grace", async (argv, graceMs) => {
    const collect = vi.fn(async (_options?: CollectOptions) => collection);
    const result = await run(["collect", "--dry-run", ...argv, "--json"], storeOf({ collect }));
    expect(JSON.parse(result.stdout)).toEqual(collection);
    const [[options] = []] = collect.mock.calls;
    expect([options?.graceMs, options?.dryRun]).toEqual([graceMs, true]);
  });
});

describe("shale delete-user", () => {
  test("asks on a terminal, and takes no for an answer", async () => {
    const deleteUsers = vi.fn(async (_ids: readonly string[]) => receipt);
    const store = storeOf({ deleteUsers });
    const asked = { ...store, stdinIsTTY: true };
    const refused = await run(["delete-user", "ada"], { ...asked, stdin: "n\n" });
    expect([refused.exitCode, refused.stdout]).toEqual([0, ""]);
    expect(refused.stderr).toContain("Delete every event of 1 user");
    expect(deleteUsers).not.toHaveBeenCalled();
    const done = await run(["delete-user", "ada", "bob"], { ...asked, stdin: "yes\n" });
    expect(done.stdout).toContain("1 user hidden at 1970-01-01T00:00:00.000Z");
    expect(deleteUsers.mock.calls[0]?.[0]).toEqual(["ada", "bob"]);
  });

  test("prints the receipt, and names who did not answer", async () => {
    const unanswered = [3 as WriterOrdinal];
    const store = storeOf({ deleteUsers: async () => ({ ...receipt, unanswered }) });
    const result = await run(["delete-user", "ada", "--yes", "--json"], store);
    expect(JSON.parse(result.stdout)).toEqual({ ...receipt, unanswered: [3] });
    expect(result.stderr).toContain("No answer from writer 3");
  });
});

describe("shale retention", () => {
  test.each([
    [["--keep", "400d"], 34_560_000_000],
    [["--keep", "forever"], null],
  ])("%j sets it", async (argv, keepMs) => {
    const setRetention = vi.fn(async () => setting);
    const result = await run(["retention", ...argv, "--json"], storeOf({ setRetention }));
    expect(JSON.parse(result.stdout)).toEqual(setting);
    expect(setRetention).toHaveBeenCalledWith(keepMs);
  });

  test("shows it without an option, and changes nothing", async () => {
    const store = storeOf({ retention: async () => ({ keepMs: 86_400_000, firstDay: 20_362 }) });
    expect((await run(["retention"], store)).stdout).toBe(
      "events are kept for 1 d\ndays before 2025-10-01 are hidden\n",
    );
  });
});
