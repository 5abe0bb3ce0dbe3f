import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const script = fileURLToPath(new URL("./resharder.js", import.meta.url));
const children = new Set<ChildProcess>();

/** What resharders said, all together. */
export interface ReshardCounts {
  /** Commands that ended well, by verb. */
  readonly did: Map<string, number>;
  /** Commands under way when their process was killed, by verb and state. */
  readonly killedAmid: Map<string, number>;
  /** By verb, code and kind. */
  readonly failures: Map<string, number>;
  readonly mismatches: string[];
  /** Stops across a command, by verb. */
  readonly stops: Map<string, number>;
}

export function noReshards(): ReshardCounts {
  return {
    did: new Map(),
    killedAmid: new Map(),
    failures: new Map(),
    mismatches: [],
    stops: new Map(),
  };
}

/** A process that does nothing but reshard. */
export interface Resharder {
  readonly process: ChildProcess;
  readonly opened: Promise<void>;
  readonly exited: Promise<unknown>;
  readonly errors: () => string;
  /** The command under way and the state it found. */
  readonly now: () => string | undefined;
}

const STOPPED = ["begin", "finalize", "rollback"];
const STOP_SHARE = 0.7;

export function startResharder(
  { root, project, stops }: { root: string; project: string; stops: boolean },
  counts: ReshardCounts,
): Resharder {
  const child = spawn(process.execPath, [script, root, project], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.add(child);
  let [text, errors] = ["", ""];
  let now: string | undefined;
  let open: () => void = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  function take(line: string): void {
    const [word = "", verb = "", ...rest] = line.split(" ");
    if (word === "open") open();
    if (word === "will") {
      now = `${verb} ${rest.join(" ")}`;
      if (stops && STOPPED.includes(verb) && Math.random() < STOP_SHARE) void stop(verb);
    } else now = undefined;
    if (word === "did") add(counts.did, verb);
    if (word === "failed") add(counts.failures, `${verb} ${rest.slice(0, 2).join(" ")}`);
    if (word === "mismatch") counts.mismatches.push(line);
  }
  /** Longer than any step of the others, in the middle of a command. */
  async function stop(verb: string): Promise<void> {
    await sleep(Math.random() * 25);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGSTOP");
    add(counts.stops, verb);
    await sleep(200 + Math.random() * 800);
    child.kill("SIGCONT");
  }
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  child.stderr?.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  child.stdin?.on("error", () => {}); // The child may be dead when its input is ended.
  const exited = once(child, "close").finally(() => children.delete(child));
  const opened = Promise.race([
    isOpen,
    exited.then(() => {
      throw new Error(`It ended before it was open: ${errors}`);
    }),
  ]);
  opened.catch(() => undefined); // It may be killed before anybody waits for it.
  return { process: child, opened, exited, errors: () => errors, now: () => now };
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export async function killResharder(resharder: Resharder, counts: ReshardCounts): Promise<void> {
  const now = resharder.now();
  resharder.process.kill("SIGKILL");
  await resharder.exited;
  expect(resharder.errors()).toBe("");
  if (now !== undefined) add(counts.killedAmid, now);
}

export async function stopResharder({ process, exited, errors }: Resharder): Promise<void> {
  process.stdin?.end();
  await exited;
  expect(errors()).toBe("");
  expect(process.exitCode).toBe(0);
}

export function killAllResharders(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** `3 begin, 2 finalize`, the most often first. */
export function countsText(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, times]) => `${times} ${name}`).join(", ") || "none";
}
