import type { CallOptions } from "./clock.ts";

/** A task by name with input that can be posted to a thread; registered in the one worker entry. */
export interface WorkerTask<Input> {
  readonly name: string;
  readonly input: Input;
  /** Buffers that move to the worker and are empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}
export interface WorkerResult<Output> {
  readonly output: Output;
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}
/** What a worker can do: pure functions from input to output, by name. */
export type WorkerTasks = Readonly<
  Record<string, (input: never) => WorkerResult<unknown> | Promise<WorkerResult<unknown>>>
>;

/** Runs tasks on other threads, or inline where there are none. */
export interface Workers {
  /** Tasks that can run at the same time, 1 or more. */
  readonly size: number;
  run<Output>(task: WorkerTask<unknown>, options?: CallOptions): Promise<Output>;
  close(): Promise<void>;
}
