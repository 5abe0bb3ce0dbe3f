import { parentPort } from "node:worker_threads";
import { invariant } from "@shale/model";
import type { WorkerTasks } from "../workers.ts";
import type { PostedReply, PostedTask } from "./posted-task.ts";
import { runTask } from "./run-task.ts";
import { postedErrorOf } from "./task-error.ts";

/** Serves the tasks of `threadWorkers`: the one call of the file that a worker starts from. */
export function serveTasks(tasks: WorkerTasks): void {
  const port = parentPort;
  invariant(port !== null, "serveTasks is called in a worker thread");
  function post(reply: PostedReply, transfer: readonly ArrayBuffer[] = []): void {
    port?.postMessage(reply, [...transfer]);
  }
  async function serve({ name, input }: PostedTask): Promise<void> {
    try {
      const { output, transfer } = await runTask(tasks, name, input);
      post({ output }, transfer);
    } catch (error) {
      post({ error: postedErrorOf(error) });
    }
  }
  port.on("message", (task: PostedTask) => void serve(task));
}
