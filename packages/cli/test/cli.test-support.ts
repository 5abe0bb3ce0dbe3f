import { Readable, Writable } from "node:stream";
import type { OpenStore, RunCliOptions } from "@shale/cli";
import { runCli } from "@shale/cli";
import type { Project, Store } from "@shale/engine";
import type { Clock } from "@shale/env";
import { ShaleError } from "@shale/model";

/** 2026-11-15T12:00:00Z: every test runs at this moment. */
export const NOW_MS = Date.UTC(2026, 10, 15, 12);

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunSettings {
  readonly stdin?: string | Uint8Array | Readable;
  readonly env?: Record<string, string>;
  readonly columns?: number;
  readonly isTTY?: boolean;
  readonly stdinIsTTY?: boolean;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly openStore?: OpenStore;
  readonly stdout?: RunCliOptions["stdout"];
}

export function collectingStream(settings: { columns?: number; isTTY?: boolean } = {}) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return {
    stream: Object.assign(stream, settings),
    text: () => Buffer.concat(chunks).toString("utf8"),
  };
}

export function fixedClock(stepMs = 0): Clock {
  let monotonic = 0;
  return {
    nowMs: () => NOW_MS,
    monotonicMs: () => {
      monotonic += stepMs;
      return monotonic;
    },
    sleep: () => Promise.resolve(),
  };
}

/** Runs one command in this process, with strings for streams. */
export async function run(argv: readonly string[], settings: RunSettings = {}): Promise<Run> {
  const terminal = { columns: settings.columns ?? 80, isTTY: settings.isTTY ?? false };
  const stdout = collectingStream(terminal);
  const stderr = collectingStream(terminal);
  const stdin =
    settings.stdin instanceof Readable
      ? settings.stdin
      : Readable.from(settings.stdin === undefined ? [] : [Buffer.from(settings.stdin)]);
  const exitCode = await runCli({
    argv,
    env: settings.env ?? {},
    stdin: Object.assign(stdin, { isTTY: settings.stdinIsTTY ?? false }),
    stdout: settings.stdout ?? stdout.stream,
    stderr: stderr.stream,
    signal: settings.signal,
    clock: settings.clock ?? fixedClock(),
    openStore: settings.openStore,
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function notExpected(name: string): () => never {
  return () => {
    throw new Error(`${name} was not expected`);
  };
}

/** A project of which only the given parts may be called. */
export function projectOf(parts: Partial<Project>): Project {
  return {
    id: "default",
    append: notExpected("append"),
    ingest: notExpected("ingest"),
    query: notExpected("query"),
    explain: notExpected("explain"),
    sql: notExpected("sql"),
    querySql: notExpected("querySql"),
    events: notExpected("events"),
    export: notExpected("export"),
    flush: notExpected("flush"),
    status: notExpected("status"),
    schema: notExpected("schema"),
    compact: notExpected("compact"),
    collect: notExpected("collect"),
    deleteUsers: notExpected("deleteUsers"),
    setRetention: notExpected("setRetention"),
    retention: notExpected("retention"),
    verify: notExpected("verify"),
    diagnose: notExpected("diagnose"),
    snapshot: notExpected("snapshot"),
    forgetWriter: notExpected("forgetWriter"),
    reshard: {
      plan: notExpected("reshard.plan"),
      begin: notExpected("reshard.begin"),
      backfill: notExpected("reshard.backfill"),
      pause: notExpected("reshard.pause"),
      resume: notExpected("reshard.resume"),
      validate: notExpected("reshard.validate"),
      finalize: notExpected("reshard.finalize"),
      rollback: notExpected("reshard.rollback"),
      abort: notExpected("reshard.abort"),
      status: notExpected("reshard.status"),
      collect: notExpected("reshard.collect"),
      log: notExpected("reshard.log"),
      follow: notExpected("reshard.follow"),
    },
    ...parts,
  };
}

/** A store with one project; `closed` counts the calls of close. */
export function storeOf(project: Partial<Project>): { openStore: OpenStore; closed: () => number } {
  let closed = 0;
  const close = async (): Promise<void> => {
    closed++;
  };
  const store: Store = {
    projects: async () => ["default"],
    project: async (id) => {
      if (id === "missing") throw new ShaleError("PROJECT_NOT_FOUND", `Cannot open "${id}"`);
      return projectOf({ id, ...project });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return { openStore: async () => store, closed: () => closed };
}
