import { ShaleError } from "@shale/model";
import type { CallOptions } from "../clock.ts";
import type { Workers, WorkerTask, WorkerTasks } from "../workers.ts";
import { runTask } from "./run-task.ts";

/**
 * Runs tasks on the calling thread. Input and output are cloned and transferred as between threads,
 * so that what works here works there: what cannot be posted fails, what was transferred is empty.
 */
export function inlineWorkers(tasks: WorkerTasks): Workers {
  let closed = false;
  return {
    size: 1,
    async run<Output>(task: WorkerTask<unknown>, { signal }: CallOptions = {}) {
      signal?.throwIfAborted();
      if (closed) {
        throw new ShaleError(
          "STORE_CLOSED",
          `Cannot run the task "${task.name}": the workers are closed`,
        );
      }
      const input = structuredClone(task.input, { transfer: [...(task.transfer ?? [])] });
      const { output, transfer } = await runTask(tasks, task.name, input);
      signal?.throwIfAborted();
      // What crosses a thread is what the caller of run() says it is.
      return structuredClone(output, { transfer: [...(transfer ?? [])] }) as Output;
    },
    async close() {
      closed = true;
    },
  };
}
