import { invariant } from "@shale/model";
import type { WorkerResult, WorkerTasks } from "../workers.ts";

/** Runs the named task. @throws {InvariantError} for a name that is not among the tasks */
export async function runTask(
  tasks: WorkerTasks,
  name: string,
  input: unknown,
): Promise<WorkerResult<unknown>> {
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  invariant(task !== undefined, `a task is registered in the worker entry: ${name}`);
  // Names tie a task to its input's type only by the caller's word: what crossed a thread is bytes.
  return await task(input as never);
}
