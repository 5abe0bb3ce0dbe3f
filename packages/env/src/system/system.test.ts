import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import type { ProcessIdentity } from "../processes.ts";
import { consoleLogger } from "./console-logger.ts";
import { systemClock } from "./system-clock.ts";
import { systemProcesses } from "./system-processes.ts";
import { systemRandom } from "./system-random.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  vi.restoreAllMocks();
});

const hasProc = existsSync("/proc/self/stat");

/** A child that says who it is, in the words of systemProcesses(). */
async function startChild(): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  children.push(child);
  await once(child, "spawn");
  return { child, identity: identityOf(child.pid ?? 0) };
}

function identityOf(pid: number): ProcessIdentity {
  const { self } = systemProcesses();
  if (!hasProc) return { ...self, pid };
  return { ...self, pid, started: self.started.replace(/[^/]*$/, statOf(pid)[19] ?? "") };
}

function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
}

function nameOf(pid: number): string | undefined {
  return /\((.*)\)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
}

test("a process is alive, also while it is stopped, and dead once it was killed", async () => {
  const processes = systemProcesses();
  expect(processes.stateOf(processes.self)).toBe("alive");
  const { child, identity } = await startChild();
  expect(processes.stateOf(identity)).toBe("alive");
  child.kill("SIGSTOP");
  expect(processes.stateOf(identity)).toBe("alive");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(processes.stateOf(identity)).toBe("dead");
});

test.runIf(hasProc)(
  "a killed process is dead before its parent has asked for its end",
  async () => {
    // The shell becomes a program that never asks, so its child stays in the table.
    const parent = spawn("sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"]);
    children.push(parent);
    const pid = Number(String((await once(parent.stdout, "data"))[0]));
    const identity = identityOf(pid);
    expect(systemProcesses().stateOf(identity)).toBe("alive");
    // As long as it is the shell, it may still ask for the end of its child.
    while (nameOf(parent.pid ?? 0) !== "sleep") await new Promise((next) => setImmediate(next));
    process.kill(pid, "SIGKILL");
    while (statOf(pid)[0] !== "Z") await new Promise((resolve) => setImmediate(resolve));
    expect(systemProcesses().stateOf(identity)).toBe("dead");
  },
);

test("a later process with the same pid is not taken for the earlier one", () => {
  const { self, stateOf } = systemProcesses();
  if (self.started === "") return;
  const [boot, namespace, ticks] = self.started.split("/");
  expect(Number(ticks)).toBeGreaterThan(0);
  expect(stateOf({ ...self, started: `${boot}/${namespace}/1` })).toBe("dead");
  expect(stateOf({ ...self, started: `other-boot/${namespace}/${ticks}` })).toBe("dead");
  // Another container may share the host's name: its pids say nothing here.
  expect(stateOf({ ...self, started: `${boot}/1/${ticks}` })).toBe("unknown");
  // Without a start time a pid in use counts as alive.
  expect(stateOf({ ...self, started: "" })).toBe("alive");
  expect(stateOf({ ...self, started: "", pid: 2 ** 30 })).toBe("dead");
  expect(stateOf({ ...self, pid: 2 ** 30 })).toBe("dead");
});

test("of a process on another host nothing is known", () => {
  const { self, stateOf } = systemProcesses();
  expect(stateOf({ ...self, host: `not-${self.host}` })).toBe("unknown");
});

test("sleeping lasts as long as asked, and ends early with the signal's reason", async () => {
  const clock = systemClock();
  const startMs = clock.monotonicMs();
  await clock.sleep(5);
  expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(5);
  await clock.sleep(0);
  await clock.sleep(-5);
  const stop = new AbortController();
  const sleeping = clock.sleep(1e12, { signal: stop.signal }); // Longer than one timer takes.
  stop.abort("enough");
  await expect(sleeping).rejects.toBe("enough");
  await expect(clock.sleep(1, { signal: stop.signal })).rejects.toBe("enough");
  expect(Number.isInteger(clock.nowMs())).toBe(true);
});

test("random numbers fill 32 bits and do not repeat", () => {
  const random = systemRandom();
  const drawn = Array.from({ length: 2000 }, () => random.nextU32());
  expect(drawn.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(1990);
  expect(drawn.some((n) => n >= 2 ** 31)).toBe(true);
});

test("the console logger writes lines from its level upward, errors and bigints too", () => {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  const logger = consoleLogger("warn");
  logger.info("unheard");
  logger.warn("heard");
  logger.error("failed", { error: new TypeError("why"), count: 3n });
  expect(lines).toEqual(["warn heard\n", 'error failed {"error":"TypeError: why","count":"3"}\n']);
});
