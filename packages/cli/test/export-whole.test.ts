import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExportOptions } from "@shale/engine";
import { ShaleError } from "@shale/model";
import { tableFromIPC } from "apache-arrow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run, storeOf } from "./cli.test-support.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shale-export-whole-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Serves three chunks; `fail` is called before the last. */
function exporting(fail: () => void = () => undefined) {
  const calls: ExportOptions[] = [];
  const store = storeOf({
    snapshot: async () => "s-1",
    async *export(options: ExportOptions = {}) {
      calls.push(options);
      options.onEvents?.(2);
      yield Buffer.from("ab");
      options.onEvents?.(5);
      yield Buffer.from("cd");
      fail();
      yield Buffer.from("e");
    },
  });
  return { ...store, calls };
}

describe.each(["parquet", "arrow"])("an export as %s", (format) => {
  test("gets its name when it is whole", async () => {
    const out = join(folder, "october");
    const store = exporting(() => {
      expect(readdirSync(folder)).toEqual([`october.${format}.partial`]);
    });
    const argv = ["export", "--format", format, "--from", "2026-10-01", "--out", out, "--json"];
    const { exitCode, stdout } = await run(argv, store);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ out, events: 5, bytes: 5, snapshot: "s-1" });
    expect(readdirSync(folder)).toEqual(["october"]);
    expect(readFileSync(out, "utf8")).toBe("abcde");
    expect(store.calls).toMatchObject([{ format, from: "2026-10-01", snapshot: "s-1" }]);
  });

  test("leaves nothing where it failed, and an older file as it was", async () => {
    const out = join(folder, "october");
    writeFileSync(out, "older");
    const store = exporting(() => {
      throw new ShaleError("STORE_UNAVAILABLE", "Cannot go on");
    });
    const { exitCode } = await run(["export", "--format", format, "--out", out], store);
    expect(exitCode).toBe(69);
    expect(readdirSync(folder)).toEqual(["october"]);
    expect(readFileSync(out, "utf8")).toBe("older");
  });

  test("leaves nothing where it was interrupted", async () => {
    const stop = new AbortController();
    const store = exporting(() => {
      stop.abort();
      throw new ShaleError("CANCELLED", "Cannot export: it was stopped");
    });
    const argv = ["export", "--format", format, "--out", join(folder, "october")];
    const { exitCode } = await run(argv, { ...store, signal: stop.signal });
    expect(exitCode).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("does not touch what an unfinished export of lines goes on with", async () => {
    const out = join(folder, "october");
    writeFileSync(`${out}.partial`, "lines");
    writeFileSync(`${out}.partial.json`, "{}");
    await run(["export", "--format", format, "--out", out], exporting());
    expect(readFileSync(`${out}.partial`, "utf8")).toBe("lines");
    expect(readFileSync(out, "utf8")).toBe("abcde");
  });

  test("takes a folder, and says so where nothing can be written", async () => {
    mkdirSync(join(folder, "out"));
    await run(["export", "--format", format, "--out", join(folder, "out")], exporting());
    expect(readdirSync(join(folder, "out"))).toEqual([`events.${format}`]);
    const missing = join(folder, "missing", "f");
    const wrong = await run(["export", "--format", format, "--out", missing], exporting());
    expect(wrong).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining("OUTPUT_NOT_WRITABLE"),
    });
  });

  test("goes to standard output unless that is a terminal", async () => {
    const argv = ["export", "--format", format];
    expect(await run(argv, exporting())).toEqual({ exitCode: 0, stdout: "abcde", stderr: "" });
    const refused = await run(argv, { ...exporting(), isTTY: true });
    expect(refused).toMatchObject({ exitCode: 64, stdout: "" });
    expect(refused.stderr).toContain(`Cannot print ${format} on a terminal`);
  });
});

test("a store of this disk is exported to files that are what they say", async () => {
  const root = join(folder, "data");
  const time = "2026-10-01T00:00:00.000Z";
  const lines = [
    { event: "view", user_id: "ü", time, insert_id: "1", properties: { price: 1.5 } },
    { event: "view", user_id: "b", time, properties: { price: "free" } },
  ].map((event) => JSON.stringify(event));
  await run(["ingest", "--root", root, "--shards=3"], { stdin: lines.join("\n") });
  const [arrow, parquet] = [join(folder, "e.arrow"), join(folder, "e.parquet")];
  const made = await run(["export", "--root", root, "--format", "arrow", "--out", arrow, "--json"]);
  expect(JSON.parse(made.stdout)).toMatchObject({ events: 2 });
  const rows = tableFromIPC(readFileSync(arrow)).toArray();
  const timeMs = Date.parse(time);
  const own = { event: "view", time: timeMs };
  expect(rows.map((row) => row?.toJSON())).toEqual([
    { ...own, user_id: "b", insert_id: null, price: "free", "price:number": null },
    { ...own, user_id: "ü", insert_id: "1", price: null, "price:number": 1.5 },
  ]);
  await run(["export", "--root", root, "--format", "parquet", "--out", parquet]);
  const bytes = readFileSync(parquet);
  const magic = [bytes.subarray(0, 4), bytes.subarray(-4)].map(String);
  expect(magic).toEqual(["PAR1", "PAR1"]);
});
