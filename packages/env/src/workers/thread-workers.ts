import { Worker } from "node:worker_threads";
import { invariant, ShaleError } from "@shale/model";
import type { CallOptions } from "../clock.ts";
import type { Workers, WorkerTask } from "../workers.ts";
import type { PostedReply, PostedTask } from "./posted-task.ts";
import { errorOfPosted } from "./task-error.ts";

export interface ThreadWorkersOptions {
  /** Threads, 1 or more. Each is started when there is work for it. */
  readonly size: number;
}

interface Job {
  readonly task: WorkerTask<unknown>;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}
interface Slot {
  worker: Worker | undefined;
  job: Job | undefined;
}

/**
 * Runs tasks on threads that start from `entry`, a JavaScript file which calls `serveTasks`.
 *
 * Tasks wait in order for a free thread. A task that is aborted while it waits is dropped; one that
 * runs has its thread ended, for a thread cannot be interrupted in any other way, and a new thread
 * takes its place. An idle pool does not keep the process alive.
 * `run` throws WORKER_FAILED when the thread ended under the task, STORE_CLOSED after `close`, and
 * otherwise what the task threw, with code, path and details.
 */
export function threadWorkers(entry: URL, { size }: ThreadWorkersOptions): Workers {
  invariant(Number.isInteger(size) && size >= 1, `a pool has 1 thread or more: ${size}`);
  const slots: Slot[] = Array.from({ length: size }, () => ({ worker: undefined, job: undefined }));
  const queue: Job[] = [];
  const ending = new Set<Promise<unknown>>();
  let closed = false;

  function startWorker(slot: Slot): Worker {
    // Without the parent's arguments: conditions and loaders that it was started with would be
    // applied to the entry too.
    const worker = new Worker(entry, { execArgv: [] });
    worker.on("message", (reply: PostedReply) => finish(slot, worker, reply));
    worker.on("messageerror", (error) => fail(slot, worker, "its reply cannot be read", error));
    worker.on("error", (error) => fail(slot, worker, "it threw outside of a task", error));
    worker.on("exit", (code) => fail(slot, worker, `it ended with code ${code}`, undefined));
    return worker;
  }

  function startJobs(): void {
    for (const slot of slots) {
      while (slot.job === undefined) {
        const job = queue.shift();
        if (job === undefined) return;
        startJob(slot, job);
      }
    }
  }

  function startJob(slot: Slot, job: Job): void {
    const { name, input, transfer } = job.task;
    try {
      slot.worker ??= startWorker(slot);
      const task: PostedTask = { name, input };
      slot.worker.postMessage(task, [...(transfer ?? [])]);
    } catch (error) {
      job.reject(error); // Its input cannot be posted: nothing has been sent.
      return;
    }
    slot.worker.ref();
    slot.job = job;
  }

  function finish(slot: Slot, worker: Worker, reply: PostedReply): void {
    if (slot.worker !== worker) return; // It was ended while the reply was on its way.
    const { job } = slot;
    slot.job = undefined;
    worker.unref();
    if ("error" in reply) job?.reject(errorOfPosted(reply.error));
    else job?.resolve(reply.output);
    startJobs();
  }

  function fail(slot: Slot, worker: Worker, why: string, cause: unknown): void {
    if (slot.worker !== worker) return;
    const { job } = slot;
    const name = job?.task.name ?? "";
    endWorker(slot);
    const message = `Cannot finish the task "${name}": the thread failed, ${why}`;
    job?.reject(new ShaleError("WORKER_FAILED", message, { cause, details: { task: name } }));
    startJobs();
  }

  /** Empties the slot: what the old thread still says is no longer heard. */
  function endWorker(slot: Slot): void {
    const ended = slot.worker?.terminate();
    slot.worker = undefined;
    slot.job = undefined;
    if (ended === undefined) return;
    ending.add(ended);
    void ended.finally(() => ending.delete(ended));
  }

  function abort(job: Job, reason: unknown): void {
    const waiting = queue.indexOf(job);
    if (waiting >= 0) queue.splice(waiting, 1);
    const slot = slots.find((other) => other.job === job);
    if (slot !== undefined) endWorker(slot);
    job.reject(reason);
    startJobs();
  }

  async function run<Output>(
    task: WorkerTask<unknown>,
    { signal }: CallOptions = {},
  ): Promise<Output> {
    signal?.throwIfAborted();
    if (closed) throw closedErrorOf(task);
    let stop: (() => void) | undefined;
    try {
      return await new Promise<Output>((resolve, reject) => {
        // What crossed a thread is what the caller of `run` says it is.
        const job: Job = { task, resolve: (output) => resolve(output as Output), reject };
        stop = () => abort(job, signal?.reason);
        signal?.addEventListener("abort", stop, { once: true });
        queue.push(job);
        startJobs();
      });
    } finally {
      if (stop !== undefined) signal?.removeEventListener("abort", stop);
    }
  }

  async function close(): Promise<void> {
    closed = true;
    for (const job of queue.splice(0)) job.reject(closedErrorOf(job.task));
    for (const slot of slots) {
      const { job } = slot;
      endWorker(slot);
      job?.reject(closedErrorOf(job.task));
    }
    await Promise.all(ending);
  }

  return { size, run, close };
}

function closedErrorOf({ name }: WorkerTask<unknown>): ShaleError {
  return new ShaleError("STORE_CLOSED", `Cannot run the task "${name}": the workers are closed`);
}
