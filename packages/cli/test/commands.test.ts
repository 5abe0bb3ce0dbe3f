import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IngestReport, ProjectSchema, ProjectStatus } from "@shale/engine";
import { InvariantError, ShaleError } from "@shale/model";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { run, storeOf } from "./cli.test-support.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "shale-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const report: IngestReport = {
  accepted: 2,
  duplicates: 0,
  rejectedCount: 0,
  rejected: [],
  eventsPerSecond: 1_000,
};

const noSchema: ProjectSchema = {
  eventCount: 0,
  firstDay: null,
  lastDay: null,
  events: [],
  properties: [],
};

describe("wrong usage", () => {
  const cases: [string, string[], string][] = [
    ["no command", [], "a command is missing"],
    ["an unknown command", ["segmnt"], "Did you mean segment?"],
    ["an unknown option", ["projects", "--shards", "8"], "unknown option '--shards'"],
    ["a missing argument", ["timeline"], "missing required argument 'user'"],
    ["too many arguments", ["projects", "extra"], "too many arguments"],
    ["a choice that is none", ["segment", "x", "--unit", "year"], "Allowed choices are"],
    ["a measure that is none", ["segment", "--measure", "summ(price)"], "did you mean sum(…)?"],
    ["a measure of nothing", ["segment", "--measure", "sum"], "write sum(price)"],
    ["a funnel without steps", ["funnel"], "missing required argument 'steps'"],
    ["a window that is no span", ["funnel", "a", "b", "--window", "7"], "--window"],
    ["a window of nothing", ["flow", "a", "--window", "0"], "above 0"],
    ["a step that is none", ["funnel", "a", "b", "--optional", "3"], "steps go from 1 to 2"],
    ["a step's condition without a step", ["funnel", "a", "--step-where", "x=1"], "the step and"],
    ["a trend mode alone", ["funnel", "a", "--trend-mode", "byEntry"], "add --trend day"],
    ["an attribution that is none", ["funnel", "a", "--attribution", "last"], "lastDefined"],
    ["brackets that are none", ["retain", "--brackets", "0,1-"], "0,1-3,4-7"],
    ["a flow without an anchor", ["flow"], "missing required argument 'anchors'"],
    ["a number that is none", ["head", "ten"], "whole number"],
    ["a group without its command", ["writer"], "a command is missing"],
    ["an empty root", ["projects", "--root", ""], "empty --root"],
    ["neither query nor file", ["query"], "--query or --query-file"],
    ["both query and file", ["query", "--query", "{}", "--query-file", "f"], "either"],
    ["--json with CSV", ["query", "--query", "{}", "--format", "csv", "--json"], "--format csv"],
    ["--json with events", ["export", "--json"], "--out FILE"],
    ["a --fail-if that is none", ["status", "--fail-if", "speed > 9"], "FIELD OP NUMBER"],
    ["no --yes without a terminal", ["writer", "forget", "1"], "add --yes"],
    ["no --yes for a delete", ["delete-user", "u"], "add --yes"],
    ["no user to delete", ["delete-user", "--yes"], "missing required argument"],
    ["a grace that is no span", ["collect", "--grace", "soon"], "--grace"],
    ["a retention that is no span", ["retention", "--keep", "400"], "as in 400d"],
    ["a retention of nothing", ["retention", "--keep", "0"], "for 0 ms"],
  ];
  const forPeople = cases.filter(([, argv]) => !argv.includes("--json"));
  test.each(forPeople)("%s exits with 64", async (_name, argv, part) => {
    const { exitCode, stdout, stderr } = await run(argv, storeOf({}));
    expect(stderr).toContain(part);
    expect(stderr).toMatch(/^(Usage: shale[\s\S]*)?USAGE: Cannot /);
    expect(stderr).toContain("  hint: ");
    expect(stdout).toBe("");
    expect(exitCode).toBe(64);
  });

  test.each(cases)("%s is one JSON document with --json", async (_name, argv, part) => {
    const { exitCode, stdout, stderr } = await run([...argv, "--json"], storeOf({}));
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({ code: "USAGE", kind: "invalid", retryable: false });
    expect(error.message).toContain(part);
    expect(stderr).toBe("");
    expect(exitCode).toBe(64);
  });

  test("standard input that is a terminal is wrong usage for ingest", async () => {
    const { exitCode, stderr } = await run(["ingest"], { ...storeOf({}), stdinIsTTY: true });
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining("from a terminal")]);
  });
});

describe("what is not built yet", () => {
  test.each([
    ["cache", "warm"],
    ["help", "replay"],
    ["cache", "--help"],
    ["--root", "x", "--json", "load", "f"],
  ])("%s %s", async (...argv) => {
    const { exitCode, stdout, stderr } = await run(argv);
    expect(exitCode).toBe(64);
    expect(stdout + stderr).toContain("NOT_BUILT");
    expect(stdout + stderr).toContain("not built in this version");
  });

  test("buckets are refused", async () => {
    expect(await run(["projects", "--root", "gs://b/p"])).toMatchObject({
      exitCode: 78,
      stderr: expect.stringContaining("STORE_NOT_BUILT"),
    });
  });
});

describe("help and version", () => {
  test("--help lists commands, global options, exit codes and what is not built", async () => {
    const { exitCode, stdout, stderr } = await run(["--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const part of ["ingest", "writer", "--root", "Exit codes", "Not built", "replay"]) {
      expect(stdout).toContain(part);
    }
  });

  test.each(
    [
      "ingest",
      "query",
      "segment",
      "funnel",
      "retain",
      "flow",
      "timeline",
      "head",
      "schema",
      "projects",
      "export",
      "status",
      "compact",
      "collect",
      "delete-user",
      "retention",
      "reshard",
      "verify",
      "doctor",
    ].map((name) => [name]),
  )("shale %s --help has global options and examples", async (name) => {
    const { exitCode, stdout } = await run([name, "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: shale ${name}`);
    expect(stdout).toContain("--project-id");
    expect(stdout).toContain("Examples:");
    expect((await run(["help", name])).stdout).toBe(stdout);
  });

  test("with --json both are one document", async () => {
    const version = await run(["--version", "--json"]);
    expect(JSON.parse(version.stdout)).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect((await run(["--version"])).stdout).toBe(`${JSON.parse(version.stdout).version}\n`);
    expect(JSON.parse((await run(["--help", "--json"])).stdout)).toHaveProperty("help");
  });
});

describe("global options", () => {
  test("stand before or after the command, and the environment names the root", async () => {
    const roots: unknown[] = [];
    const { openStore } = storeOf({});
    const recording: typeof openStore = (options) => {
      roots.push(options.root);
      return openStore(options);
    };
    const settings = { openStore: recording, env: { SHALE_ROOT: "/env" } };
    await run(["projects"], { openStore: recording });
    await run(["projects"], settings);
    await run(["--root", "/a", "projects"], settings);
    await run(["projects", "--root=/b"], settings);
    expect(roots).toEqual(["./shale-data", "/env", "/a", "/b"]);
  });

  test("the store is closed once, also after a failure", async () => {
    const good = storeOf({ schema: async () => noSchema });
    await run(["schema"], good);
    expect(good.closed()).toBe(1);
    const bad = storeOf({ schema: () => Promise.reject(new ShaleError("STORE_UNAVAILABLE", "x")) });
    expect((await run(["schema"], bad)).exitCode).toBe(69);
    expect(bad.closed()).toBe(1);
  });
});

describe("errors", () => {
  const failing = (error: unknown) =>
    storeOf({
      schema: () => Promise.reject(error),
    });

  test.each([
    ["QUERY_INVALID", 64],
    ["OBJECT_CORRUPT", 65],
    ["STORE_UNAVAILABLE", 69],
    ["CATALOG_CONFLICT", 75],
    ["STORE_CLOSED", 75],
    ["PERMISSION_DENIED", 78],
    ["CANCELLED", 130],
  ] as const)("%s exits with %i", async (code, exit) => {
    const error = new ShaleError(code, "Cannot do it", { path: "a.b", details: { n: 1 } });
    const shown = await run(["schema", "--json"], failing(error));
    expect(shown.exitCode).toBe(exit);
    expect(JSON.parse(shown.stdout)).toEqual({
      error: {
        code,
        kind: error.kind,
        message: "Cannot do it",
        hint: error.hint,
        retryable: error.retryable,
        path: "a.b",
        details: { n: 1 },
      },
    });
  });

  test("a broken invariant or an unknown error is a bug: 70, its stack only with --verbose", async () => {
    for (const error of [new InvariantError("Invariant broken: x"), new TypeError("x is not")]) {
      const short = await run(["schema"], failing(error));
      expect(short.exitCode).toBe(70);
      expect(short.stderr).toContain("BUG: ");
      expect(short.stderr).not.toContain("commands.test.ts");
      const long = await run(["schema", "--verbose"], failing(error));
      expect(long.stderr).toContain("commands.test.ts");
      const json = await run(["schema", "--json"], failing(error));
      expect(JSON.parse(json.stdout).error).toMatchObject({ code: "BUG", kind: "bug" });
    }
  });

  test("causes are told, and control characters cannot reach the terminal", async () => {
    const cause = new Error("EIO: \u001b[2Jinput/output error");
    const error = new ShaleError("STORE_UNAVAILABLE", "Cannot read the catalog", { cause });
    const { stderr } = await run(["schema"], failing(error));
    expect(stderr).toBe(
      [
        "STORE_UNAVAILABLE: Cannot read the catalog",
        "  why:  EIO: \\u001b[2Jinput/output error",
        `  hint: ${error.hint}`,
        "",
      ].join("\n"),
    );
  });

  test("a reader that goes away ends the command quietly", async () => {
    const { Writable } = await import("node:stream");
    const closed = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      },
    });
    const store = storeOf({ schema: async () => noSchema });
    expect(await run(["schema"], { ...store, stdout: closed })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  });
});

describe("ingest", () => {
  test("checks every file before anything is opened", async () => {
    const good = join(folder, "good.ndjson");
    writeFileSync(good, "{}\n");
    mkdirSync(join(folder, "folder.ndjson"), { recursive: true });
    const openStore = vi.fn();
    for (const bad of ["missing.ndjson", "folder.ndjson", "good.ndjson/inside"]) {
      const result = await run(["ingest", good, join(folder, bad)], { openStore });
      expect(result.exitCode).toBe(64);
      expect(result.stderr).toContain("INPUT_NOT_READABLE");
      expect(result.stderr).toContain(bad);
    }
    expect(openStore).not.toHaveBeenCalled();
  });

  test("prints the report of the contract, and 65 when anything was rejected", async () => {
    const rejected = [{ file: "-", line: 2, code: "EVENT_JSON", message: "not JSON" }] as const;
    const store = storeOf({ ingest: async () => ({ ...report, rejectedCount: 1, rejected }) });
    const json = await run(["ingest", "--json"], store);
    expect(json.exitCode).toBe(65);
    expect(JSON.parse(json.stdout)).toEqual({
      accepted: 2,
      duplicates: 0,
      rejectedCount: 1,
      rejected,
      eventsPerSecond: 1_000,
    });
    const text = await run(["ingest"], store);
    expect(text.stdout).toBe(
      [
        "-:2  EVENT_JSON",
        "  not JSON",
        "",
        "2 events accepted, 1 rejected, 1,000 events/s",
        "",
      ].join("\n"),
    );
  });

  test("a source that fails is an error with the report of what was kept", async () => {
    const { gzipSync } = await import("node:zlib");
    const packed = gzipSync('{"n":1}\n'.repeat(1_000));
    let bytes = 0;
    const store = storeOf({
      ingest: async (sources) => {
        try {
          for await (const chunk of sources[0]?.bytes ?? []) bytes += chunk.length;
        } catch (error) {
          const { code, message, details } = error as ShaleError;
          throw new ShaleError(code, message, { details: { ...details, report } });
        }
        return report;
      },
    });
    const stdin = packed.subarray(0, packed.length - 5);
    const result = await run(["ingest", "--json"], { ...store, stdin });
    expect(result.exitCode).toBe(65);
    expect(JSON.parse(result.stdout).error).toMatchObject({
      code: "INPUT_TRUNCATED",
      details: { file: "-", report },
    });
    expect(bytes).toBe(8_000);
    const text = await run(["ingest"], { ...store, stdin });
    expect(text.stdout).toContain("2 events accepted");
    expect(text.stderr).toMatch(/^note: 2 events kept\nINPUT_TRUNCATED: /);
  });

  test("--shards of a project that exists is ignored with a note", async () => {
    const store = storeOf({ ingest: async () => report });
    const result = await run(["ingest", "--shards=16", "--json"], store);
    expect(result.stderr).toContain("--shards=16 is ignored");
    expect(JSON.parse(result.stdout)).toEqual(report);
    expect((await run(["ingest", "--shards=16", "--project-id", "new"], store)).stderr).toBe("");
  });
});

describe("status", () => {
  const status: ProjectStatus = {
    project: "default",
    live: "A",
    generation: 0,
    specs: [
      {
        spec: "A",
        shards: 8,
        events: 1_000,
        bytes: 2_048,
        dayFiles: 0,
        tailEvents: 120,
        skew: { max: 200, mean: 125 },
      },
    ],
    writers: [
      {
        writer: 1,
        state: "sealed",
        host: "box",
        pid: 42,
        lastSeq: 99,
        tailObjects: 3,
        heartbeatAgeMs: null,
      },
    ],
    unreadableLogs: [{ writer: 2, folder: "wal/2", reason: "a checksum differs" }],
  };
  const store = storeOf({ status: async () => status });

  test.each([
    ["tailEvents > 100", 65],
    ["tailEvents > 120", 0],
    ["tailEvents >= 120", 65],
    ["dayFiles == 0", 65],
    ["skewMax < 200", 0],
    ["skewMax <= 200", 65],
    ["unreadableLogs > 0", 65],
  ])("--fail-if %j exits with %i", async (condition, exit) => {
    const result = await run(["status", "--json", "--fail-if", condition], store);
    expect(result.exitCode).toBe(exit);
    expect(JSON.parse(result.stdout)).toEqual(status);
    expect(result.stderr).toEqual(exit === 0 ? "" : expect.stringContaining("note: Fails: "));
  });

  test("tells of logs that cannot be read", async () => {
    const { stdout } = await run(["status"], store);
    expect(stdout).toContain("log of writer 2 cannot be read: a checksum differs (wal/2)");
  });
});

test("writer forget asks on a terminal and does nothing without a yes", async () => {
  const forgetWriter = vi.fn(async (ordinal: number) => ({ writer: ordinal, lastSeq: 7 }));
  const store = storeOf({ forgetWriter });
  const asked = await run(["writer", "forget", "3"], { ...store, stdin: "n\n", stdinIsTTY: true });
  expect(asked.stderr).toContain("[y/N]");
  expect(forgetWriter).not.toHaveBeenCalled();
  await run(["writer", "forget", "3"], { ...store, stdin: "y\n", stdinIsTTY: true });
  const forced = await run(["writer", "forget", "3", "--yes", "--json"], store);
  expect(JSON.parse(forced.stdout)).toEqual({ writer: 3, lastSeq: 7 });
  expect(forgetWriter.mock.calls).toEqual([[3], [3]]);
});
