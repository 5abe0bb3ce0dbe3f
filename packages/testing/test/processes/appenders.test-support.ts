import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "@shale/engine";
import { expect } from "vitest";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const appender = fileURLToPath(new URL("./appender.js", import.meta.url));

/** Children run the built packages: what is shipped is what is killed. */
export function buildEngine(): void {
  const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
  const built = spawnSync(process.execPath, [tsc, "-b", "packages/engine"], { cwd: repository });
  if (built.status !== 0) throw new Error(`The engine does not build:\n${built.stdout}`);
}

/** Events [from, to) of one append. */
export interface Append {
  readonly from: number;
  readonly to: number;
}

export interface Appender {
  readonly process: ChildProcess;
  /** Appends that were acknowledged, as the parent has read so far. */
  readonly acknowledged: Append[];
  /** Resolves when the store is open. */
  readonly opened: Promise<void>;
  /** Resolves at the first acknowledgement: it has a log by then. */
  readonly appended: Promise<void>;
  readonly exited: Promise<unknown>;
  readonly errors: () => string;
}

export interface AppenderOptions {
  readonly root: string;
  readonly project: string;
  readonly name: string;
  readonly first: number;
  readonly durability: "wal" | "committed";
  readonly batchMax?: number;
  /** Between two appends of a lane; default none. */
  readonly pauseMs?: number;
  /** Days that the events are spread over; default 2. */
  readonly days?: number;
}

const children = new Set<ChildProcess>();

export function startAppender(options: AppenderOptions): Appender {
  const { root, project, name, first, durability, batchMax = 40, pauseMs = 0, days = 2 } = options;
  const numbers = [batchMax, pauseMs, days].map(String);
  const child = spawn(
    process.execPath,
    [appender, root, project, name, String(first), durability, ...numbers],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  children.add(child);
  const acknowledged: Append[] = [];
  let text = "";
  let errors = "";
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let append: () => void = () => {};
  const appended = new Promise<void>((resolve) => {
    append = resolve;
  });
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString();
    const lines = text.split("\n");
    text = lines.pop() ?? ""; // A line that the kill cut short was never read by anybody.
    for (const line of lines) {
      const [word, from, to] = line.split(" ");
      if (word === "open") open();
      if (word !== "ack") continue;
      acknowledged.push({ from: Number(from), to: Number(to) });
      append();
    }
  });
  child.stderr?.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  child.stdin?.on("error", () => {}); // The child may be dead when its input is ended.
  const exited = once(child, "close").finally(() => children.delete(child));
  return { process: child, acknowledged, opened, appended, exited, errors: () => errors };
}

/** Lets it finish what it is doing and close its store. */
export async function stopAppender(appender: Appender): Promise<void> {
  appender.process.stdin?.end();
  await appender.exited;
  expect(appender.errors()).toBe("");
  expect(appender.process.exitCode).toBe(0);
}

export async function killAppender(appender: Appender): Promise<void> {
  appender.process.kill("SIGKILL");
  await appender.exited;
}

export function killAllAppenders(): void {
  for (const child of children) child.kill("SIGKILL");
}

export function temporaryRoot(): { root: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "shale-processes-"));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/**
 * Every acknowledged append is in the store whole and once; every other is there whole and once or
 * not at all.
 *
 * @returns how many events the store holds
 */
export async function expectExactlyOnce(
  root: string,
  projectId: string,
  acknowledged: readonly Append[],
): Promise<number> {
  const counts = new Map<number, number>();
  const appends = new Map<number, Append>();
  const store = await openStore({ root });
  try {
    const project = await store.project(projectId);
    for await (const { properties } of project.events()) {
      const [n, from, to] = [properties["n"], properties["from"], properties["to"]].map(Number);
      counts.set(n ?? -1, (counts.get(n ?? -1) ?? 0) + 1);
      appends.set(from ?? -1, { from: from ?? -1, to: to ?? -1 });
    }
  } finally {
    await store.close();
  }
  const doubled = [...counts].filter(([, count]) => count !== 1);
  expect(doubled, "events there more than once").toEqual([]);
  const isWhole = ({ from, to }: Append): boolean => {
    for (let n = from; n < to; n++) if (!counts.has(n)) return false;
    return true;
  };
  expect(
    acknowledged.filter((append) => !isWhole(append)),
    "acknowledged and lost",
  ).toEqual([]);
  expect(
    [...appends.values()].filter((append) => !isWhole(append)),
    "torn appends",
  ).toEqual([]);
  return counts.size;
}
