import { Worker } from "node:worker_threads";
import type { WorkerTask } from "../workers.ts";
import type { PostedReply, PostedTask } from "./posted-task.ts";

/** One thread of a pool, which runs one task at a time. */
export interface WorkerThread {
  /** Sends a task; throws a DataCloneError, with nothing sent, for input that cannot be posted. */
  post(task: WorkerTask<unknown>): void;
  /** Ends the thread, whatever it does. Nothing more is heard of it. Resolves once it is gone. */
  end(): Promise<unknown>;
}
export interface WorkerThreadListener {
  onReply(reply: PostedReply): void;
  /** The thread is gone, or says what cannot be understood. */
  onFailure(why: string, cause: unknown): void;
}

/** Starts a thread of a file that calls `serveTasks`. Idle, it does not keep the process alive. */
export function startWorkerThread(entry: URL, listener: WorkerThreadListener): WorkerThread {
  // Without the parent's arguments: conditions and loaders that it was started with would be
  // applied to the entry too.
  const worker = new Worker(entry, { execArgv: [] });
  let heard = true;
  function fail(why: string, cause: unknown): void {
    if (heard) listener.onFailure(why, cause);
  }
  worker.on("message", (reply: PostedReply) => {
    if (!heard) return;
    worker.unref();
    listener.onReply(reply);
  });
  worker.on("messageerror", (error) => fail("its reply cannot be read", error));
  worker.on("error", (error) => fail("it threw outside of a task", error));
  worker.on("exit", (code) => fail(`it ended with code ${code}`, undefined));
  return {
    post({ name, input, transfer }) {
      const task: PostedTask = { name, input };
      worker.postMessage(task, [...(transfer ?? [])]);
      worker.ref();
    },
    end() {
      heard = false;
      return worker.terminate();
    },
  };
}
