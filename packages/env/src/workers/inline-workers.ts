import { ShaleError } from "@shale/model";
import type { Workers, WorkerTasks } from "../workers.ts";
import { runTask } from "./run-task.ts";

/**
 * Runs tasks on the calling thread. Input and output are cloned and transferred as between threads,
 * so that what works here works there: what cannot be posted fails, what was transferred is empty.
 */
export function inlineWorkers(tasks: WorkerTasks): Workers {
  let closed = false;
  return {
    size: 1,
    async run<Output>(
      task: Parameters<Workers["run"]>[0],
      options: Parameters<Workers["run"]>[1] = {},
    ) {
      if (closed) {
        throw new ShaleError("STORE_CLOSED", `Cannot run the task "${task.name}": closed`);
      }
      options.signal?.throwIfAborted();
      const input = structuredClone(task.input, { transfer: [...(task.transfer ?? [])] });
      const { output, transfer } = await runTask(tasks, task.name, input);
      options.signal?.throwIfAborted();
      return structuredClone(output, { transfer: [...(transfer ?? [])] }) as Output;
    },
    async close() {
      closed = true;
    },
  };
}
