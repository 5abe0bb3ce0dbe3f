import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const script = fileURLToPath(new URL("./caretaker.js", import.meta.url));
const children = new Set<ChildProcess>();

export interface CaretakerCounts {
  rounds: number;
  jobs: number;
  lost: number;
  takenOver: number;
  deletedObjects: number;
  /** By code and kind, rounds that ended with an error. */
  readonly failures: Map<string, number>;
}

export function noCounts(): CaretakerCounts {
  return { rounds: 0, jobs: 0, lost: 0, takenOver: 0, deletedObjects: 0, failures: new Map() };
}

/** A process that does nothing but compact, collect or export. */
export interface Caretaker {
  readonly process: ChildProcess;
  readonly work: "compact" | "collect" | "export";
  readonly opened: Promise<void>;
  readonly exited: Promise<unknown>;
  readonly errors: () => string;
}

/** What it did is added to `counts` as it says so. */
export function startCaretaker(
  {
    root,
    project,
    work,
  }: { root: string; project: string; work: "compact" | "collect" | "export" },
  counts: CaretakerCounts,
): Caretaker {
  const child = spawn(process.execPath, [script, root, project, work], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.add(child);
  let [text, errors] = ["", ""];
  let open: () => void = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "open") open();
      else addLine(counts, line);
    }
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
  return { process: child, work, opened, exited, errors: () => errors };
}

function addLine(counts: CaretakerCounts, line: string): void {
  const [word, ...rest] = line.split(" ");
  if (word === "failed") {
    const name = rest.join(" ");
    counts.failures.set(name, (counts.failures.get(name) ?? 0) + 1);
  }
  if (word !== "done") return;
  const [jobs = 0, lost = 0, takenOver = 0, deletedObjects = 0] = rest.map(Number);
  counts.rounds++;
  counts.jobs += jobs;
  counts.lost += lost;
  counts.takenOver += takenOver;
  counts.deletedObjects += deletedObjects;
}

export async function stopCaretaker({ process, exited, errors }: Caretaker): Promise<void> {
  process.stdin?.end();
  await exited;
  expect(errors()).toBe("");
  expect(process.exitCode).toBe(0);
}

/** What it said on its standard error before the kill has to be nothing. */
export async function killCaretaker({ process, exited, errors }: Caretaker): Promise<void> {
  process.kill("SIGKILL");
  await exited;
  expect(errors()).toBe("");
}

export function killAllCaretakers(): void {
  for (const child of children) child.kill("SIGKILL");
}
