import { InvariantError, ShaleError } from "@shale/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage, fixtureUrl } from "../../test/built-package.ts";
import type { Workers, WorkerTasks } from "../workers.ts";
import { inlineWorkers } from "./inline-workers.ts";
import { threadWorkers } from "./thread-workers.ts";

const entry = fixtureUrl("worker-entry.js");
const opened: Workers[] = [];
let tasks: WorkerTasks = {};

beforeAll(async () => {
  buildPackage();
  tasks = (await import(fixtureUrl("tasks.js").href)).tasks;
});
afterAll(() => Promise.all(opened.map((workers) => workers.close())));

function open(workers: Workers): Workers {
  opened.push(workers);
  return workers;
}

const pools: Readonly<Record<string, () => Workers>> = {
  inlineWorkers: () => open(inlineWorkers(tasks)),
  threadWorkers: () => open(threadWorkers(entry, { size: 2 })),
};

for (const [name, openPool] of Object.entries(pools)) {
  test(`${name} runs tasks by name and answers each caller`, async () => {
    const workers = openPool();
    const inputs = Array.from({ length: 50 }, (_, i) => i);
    const doubled = inputs.map((input) => workers.run<number>({ name: "double", input }));
    expect(await Promise.all(doubled)).toEqual(inputs.map((i) => i * 2));
    expect(await workers.run({ name: "later", input: { a: [1] } })).toEqual({ a: [1] });
    await workers.close();
  });

  test(`${name} moves transferred buffers there and back, and shares shared ones`, async () => {
    const workers = openPool();
    const bytes = new Uint8Array(8);
    const transfer = [bytes.buffer];
    const input = { bytes, value: 7 };
    const output = await workers.run<Uint8Array>({ name: "fill", input, transfer });
    expect(output).toEqual(new Uint8Array(8).fill(7));
    expect(bytes.length).toBe(0);
    const kept = new Uint8Array(8);
    await workers.run({ name: "fill", input: { bytes: kept, value: 7 } });
    expect(kept).toEqual(new Uint8Array(8));
    const shared = new SharedArrayBuffer(4);
    await Promise.all([1, 2, 3].map(() => workers.run({ name: "count", input: shared })));
    expect(new Int32Array(shared)[0]).toBe(3);
    await workers.close();
  });

  test(`${name} keeps what an error says`, async () => {
    const workers = openPool();
    const run = (task: string): Promise<unknown> =>
      workers.run({ name: task, input: undefined }).catch((error: unknown) => error);
    const typed = await run("failTyped");
    expect(typed).toMatchObject({
      name: "ShaleError",
      code: "QUERY_INVALID",
      kind: "invalid",
      message: "Cannot parse",
      path: "steps[1].op",
      details: { got: "x" },
      cause: { name: "TypeError", message: "the cause" },
    });
    expect(typed).toBeInstanceOf(ShaleError);
    const broken = await run("failInvariant");
    expect(broken).toBeInstanceOf(InvariantError);
    expect(broken).toMatchObject({ message: "Invariant broken: it holds" });
    const plain = await run("failPlain");
    expect(plain).toMatchObject({ name: "RangeError", message: "too far" });
    expect((plain as Error).stack).toContain("tasks.js");
    expect(String(await run("failText"))).toContain("only text");
    expect(await run("noSuchTask")).toBeInstanceOf(InvariantError);
    expect(await run("toString")).toBeInstanceOf(InvariantError);
    expect(await run("notPostable")).toMatchObject({ name: "DataCloneError" });
    await expect(workers.run({ name: "double", input: () => 1 })).rejects.toMatchObject({
      name: "DataCloneError",
    });
    expect(await workers.run({ name: "double", input: 1 })).toBe(2);
    await workers.close();
  });

  test(`${name} refuses an aborted call, and every call once closed`, async () => {
    const workers = openPool();
    const task = { name: "double", input: 1 };
    await expect(workers.run(task, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    await workers.close();
    await workers.close();
    await expect(workers.run(task)).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });
}

/** Starts a task that never ends, and waits until its thread runs it. */
async function startSpinning(
  workers: Workers,
  signal?: AbortSignal,
): Promise<{ readonly failed: Promise<unknown> }> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const spinning = workers.run({ name: "spin", input: flag.buffer }, { signal });
  const failed = spinning.then(
    () => "ended",
    (error: unknown) => error,
  );
  while (Atomics.load(flag, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  return { failed };
}

test("an aborted task is dropped or loses its thread, and others go on", async () => {
  const workers = open(threadWorkers(entry, { size: 1 }));
  const stop = new AbortController();
  const running = await startSpinning(workers, stop.signal);
  const waitingStop = new AbortController();
  const waiting = workers.run({ name: "double", input: 1 }, { signal: waitingStop.signal });
  const behind = workers.run({ name: "double", input: 2 });
  waitingStop.abort("not needed");
  await expect(waiting).rejects.toBe("not needed");
  stop.abort("enough");
  expect(await running.failed).toBe("enough");
  expect(await behind).toBe(4);
  await workers.close();
});

test("a thread that ends or throws is replaced, its task fails with a typed error", async () => {
  const workers = open(threadWorkers(entry, { size: 1 }));
  const exited = workers.run({ name: "exit", input: undefined });
  const behind = workers.run({ name: "double", input: 2 });
  await expect(exited).rejects.toMatchObject({
    code: "WORKER_FAILED",
    retryable: true,
    details: { task: "exit" },
    message: expect.stringContaining("code 3"),
  });
  expect(await behind).toBe(4);
  await expect(workers.run({ name: "crash", input: undefined })).rejects.toMatchObject({
    code: "WORKER_FAILED",
    cause: { message: "outside of the task" },
  });
  expect(await workers.run({ name: "double", input: 3 })).toBe(6);
  await workers.close();
});

test("an entry that cannot be loaded fails the task, not the process", async () => {
  const workers = open(threadWorkers(fixtureUrl("no-such-entry.js"), { size: 1 }));
  await expect(workers.run({ name: "double", input: 1 })).rejects.toMatchObject({
    code: "WORKER_FAILED",
  });
  await workers.close();
});

test("closing ends running and waiting tasks", async () => {
  const workers = open(threadWorkers(entry, { size: 1 }));
  const running = await startSpinning(workers);
  const waiting = workers.run({ name: "double", input: 1 });
  const closing = workers.close();
  await expect(waiting).rejects.toMatchObject({ code: "STORE_CLOSED" });
  expect(await running.failed).toMatchObject({ code: "STORE_CLOSED" });
  await closing;
});
