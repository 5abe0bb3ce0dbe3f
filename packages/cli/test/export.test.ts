import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExportOptions } from "@shale/engine";
import { ShaleError } from "@shale/model";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nextDayProgress } from "../src/export/day-progress.ts";
import { run, storeOf } from "./cli.test-support.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shale-export-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const days = ["2026-10-01", "2026-10-02", "2026-10-05"];
const lines = days.flatMap((day) =>
  Array.from({ length: 50 }, (_, n) => {
    const time = `${day}T00:00:${String(n).padStart(2, "0")}.000Z`;
    return `${JSON.stringify({ event: "e\n", user_id: `u${n}`, time, properties: {} })}\n`;
  }),
);

/** Serves the lines from the day asked for, 20 a chunk; fails before the given number of chunks. */
function exporting(failAfter = Number.POSITIVE_INFINITY) {
  const calls: ExportOptions[] = [];
  let snapshots = 0;
  const store = storeOf({
    snapshot: async () => `snapshot-${++snapshots}`,
    async *export(options: ExportOptions = {}) {
      calls.push(options);
      const wanted = lines.filter((line) => JSON.parse(line).time >= (options.from ?? ""));
      for (let start = 0; start < wanted.length; start += 20) {
        if (start / 20 >= failAfter) throw new ShaleError("STORE_UNAVAILABLE", "Cannot go on");
        yield Buffer.from(wanted.slice(start, start + 20).join(""));
      }
    },
  });
  return { ...store, calls };
}

test("a file gets its name when it is whole", async () => {
  const out = join(folder, "all.ndjson");
  const result = await run(["export", "--out", out, "--json"], exporting());
  expect(JSON.parse(result.stdout)).toEqual({
    out,
    events: 150,
    bytes: lines.join("").length,
    snapshot: "snapshot-1",
  });
  expect(readFileSync(out, "utf8")).toBe(lines.join(""));
  expect(existsSync(`${out}.partial`)).toBe(false);
  expect(existsSync(`${out}.partial.json`)).toBe(false);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  "an export that failed after %i chunks goes on with the same snapshot",
  async (failAfter) => {
    const out = join(folder, "all.ndjson");
    const failed = await run(["export", "--out", out], exporting(failAfter));
    expect(failed.exitCode).toBe(69);
    expect(existsSync(out)).toBe(false);
    const second = exporting();
    const result = await run(["export", "--out", out, "--json"], second);
    expect(JSON.parse(result.stdout)).toMatchObject({ events: 150, snapshot: "snapshot-1" });
    expect(readFileSync(out, "utf8")).toBe(lines.join(""));
    if (failAfter > 5) expect(second.calls[0]).toMatchObject({ from: "2026-10-05T00:00:00.000Z" });
  },
);

test("an export whose snapshot was collected meanwhile begins again, and says so", async () => {
  const out = join(folder, "all.ndjson");
  await run(["export", "--out", out], exporting(6));
  const calls: ExportOptions[] = [];
  const later = storeOf({
    snapshot: async () => "snapshot-2",
    async *export(options: ExportOptions = {}) {
      calls.push(options);
      if (options.snapshot === "snapshot-1") {
        throw new ShaleError("SNAPSHOT_EXPIRED", "Cannot read the snapshot: its rows have gone");
      }
      yield Buffer.from(lines.join(""));
    },
  });
  const result = await run(["export", "--out", out, "--json"], later);
  expect(result.stderr).toContain("it begins again");
  expect(JSON.parse(result.stdout)).toMatchObject({ events: 150, snapshot: "snapshot-2" });
  expect(readFileSync(out, "utf8")).toBe(lines.join(""));
  expect(calls.map(({ from }) => from)).toEqual(["2026-10-05T00:00:00.000Z", undefined]);
});

test("another question does not go on from the unfinished file", async () => {
  const out = join(folder, "all.ndjson");
  await run(["export", "--out", out], exporting(6));
  const second = exporting();
  await run(["export", "--out", out, "--from", "2026-10-02"], second);
  expect(second.calls[0]).toMatchObject({ from: "2026-10-02", snapshot: "snapshot-1" });
  expect(readFileSync(out, "utf8")).toBe(lines.slice(50).join(""));
});

test("an interruption says that the same command goes on", async () => {
  const out = join(folder, "all.ndjson");
  const stop = new AbortController();
  const store = storeOf({
    snapshot: async () => "s",
    async *export() {
      yield Buffer.from(lines[0] ?? "");
      stop.abort();
      throw new ShaleError("CANCELLED", "Cannot export: it was stopped");
    },
  });
  const result = await run(["export", "--out", out], { ...store, signal: stop.signal });
  expect(result.exitCode).toBe(130);
  expect(result.stderr).toContain("the same command goes on from it");
  expect(existsSync(`${out}.partial`)).toBe(true);
});

test("a folder gets a file of its own, and a missing one is an error", async () => {
  mkdirSync(join(folder, "out"));
  await run(["export", "--out", join(folder, "out")], exporting());
  expect(readFileSync(join(folder, "out", "events.ndjson"), "utf8")).toBe(lines.join(""));
  const wrong = await run(["export", "--out", join(folder, "missing", "f")], exporting());
  expect(wrong).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("OUTPUT_NOT_WRITABLE"),
  });
});

test("standard output gets the events and nothing else", async () => {
  const result = await run(["export", "--from", "2026-10-05", "--with-derived-ids"], exporting());
  expect(result).toEqual({ exitCode: 0, stdout: lines.slice(100).join(""), stderr: "" });
});

test("nextDayProgress() finds the beginning of the last day, however the chunks fall", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }), (sizes) => {
      let progress = nextDayProgress(
        { bytes: 0, events: 0, day: null, dayBytes: 0, dayEvents: 0 },
        new Uint8Array(0),
      );
      let at = 0;
      for (const size of sizes) {
        const chunk = lines.slice(at, at + size);
        at += chunk.length;
        progress = nextDayProgress(progress, Buffer.from(chunk.join("")));
        if (at === 0) continue;
        const dayIndex = Math.floor((at - 1) / 50);
        expect(progress).toEqual({
          bytes: lines.slice(0, at).join("").length,
          events: at,
          day: days[dayIndex],
          dayBytes: lines.slice(0, dayIndex * 50).join("").length,
          dayEvents: dayIndex * 50,
        });
      }
    }),
  );
});
