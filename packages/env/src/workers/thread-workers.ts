import { invariant, ShaleError } from "@shale/model";
import type { CallOptions } from "../clock.ts";
import type { Workers, WorkerTask } from "../workers.ts";
import type { PostedReply } from "./posted-task.ts";
import { errorOfPosted } from "./task-error.ts";
import type { WorkerThread } from "./worker-thread.ts";
import { startWorkerThread } from "./worker-thread.ts";

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
  thread: WorkerThread | undefined;
  job: Job | undefined;
}
interface Pool {
  readonly entry: URL;
  readonly slots: readonly Slot[];
  /** Waiting for a free slot, the next one first. */
  readonly queue: Job[];
  readonly ending: Set<Promise<unknown>>;
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
  const slots = Array.from({ length: size }, () => ({ thread: undefined, job: undefined }));
  const pool: Pool = { entry, slots, queue: [], ending: new Set() };
  let closed = false;
  return {
    size,
    async run<Output>(task: WorkerTask<unknown>, { signal }: CallOptions = {}): Promise<Output> {
      signal?.throwIfAborted();
      if (closed) throw closedErrorOf(task);
      let stop: (() => void) | undefined;
      try {
        return await new Promise<Output>((resolve, reject) => {
          // What crosses a thread is what the caller of run() says it is.
          const job: Job = { task, resolve: (output) => resolve(output as Output), reject };
          stop = () => abortJob(pool, job, signal?.reason);
          signal?.addEventListener("abort", stop, { once: true });
          pool.queue.push(job);
          startJobs(pool);
        });
      } finally {
        if (stop !== undefined) signal?.removeEventListener("abort", stop);
      }
    },
    async close() {
      closed = true;
      const running = slots.map((slot) => endThread(pool, slot));
      for (const job of [...pool.queue.splice(0), ...running]) job?.reject(closedErrorOf(job.task));
      await Promise.all(pool.ending);
    },
  };
}

function startJobs(pool: Pool): void {
  for (const slot of pool.slots) {
    while (slot.job === undefined) {
      const job = pool.queue.shift();
      if (job === undefined) return;
      startJob(pool, slot, job);
    }
  }
}

function startJob(pool: Pool, slot: Slot, job: Job): void {
  slot.thread ??= startWorkerThread(pool.entry, {
    onReply: (reply) => finishJob(pool, slot, reply),
    onFailure: (why, cause) => failJob(pool, slot, why, cause),
  });
  try {
    slot.thread.post(job.task);
    slot.job = job;
  } catch (error) {
    job.reject(error);
  }
}

function finishJob(pool: Pool, slot: Slot, reply: PostedReply): void {
  const { job } = slot;
  slot.job = undefined;
  if ("error" in reply) job?.reject(errorOfPosted(reply.error));
  else job?.resolve(reply.output);
  startJobs(pool);
}

function failJob(pool: Pool, slot: Slot, why: string, cause: unknown): void {
  const job = endThread(pool, slot);
  if (job !== undefined) {
    const { name } = job.task;
    const message = `Cannot finish the task "${name}": its thread failed, ${why}`;
    job.reject(new ShaleError("WORKER_FAILED", message, { cause, details: { task: name } }));
  }
  startJobs(pool);
}

function abortJob(pool: Pool, job: Job, reason: unknown): void {
  const waiting = pool.queue.indexOf(job);
  if (waiting >= 0) pool.queue.splice(waiting, 1);
  const slot = pool.slots.find((other) => other.job === job);
  if (slot !== undefined) endThread(pool, slot);
  job.reject(reason);
  startJobs(pool);
}

/** Empties the slot, so that the next job starts a new thread; the job that it ran. */
function endThread(pool: Pool, slot: Slot): Job | undefined {
  const { thread, job } = slot;
  slot.thread = undefined;
  slot.job = undefined;
  if (thread !== undefined) {
    const ended = thread.end().finally(() => pool.ending.delete(ended));
    pool.ending.add(ended);
  }
  return job;
}

function closedErrorOf({ name }: WorkerTask<unknown>): ShaleError {
  return new ShaleError("STORE_CLOSED", `Cannot run the task "${name}": the workers are closed`);
}
