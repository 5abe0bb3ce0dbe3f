import type { UserHasher } from "@shale/columns";
import { loadUserHasher } from "@shale/columns";
import { wholeBuffers } from "@shale/compaction";
import type { CallOptions, Env, WorkerResult, WorkerTasks } from "@shale/env";
import type { CopyInput, CopyOutput } from "./copy-task.ts";
import { copyRows } from "./copy-task.ts";

/** The part of a copy that takes a processor: pure, from bytes to bytes. */
export interface ReshardTasks {
  copy(input: CopyInput, options?: CallOptions): Promise<CopyOutput>;
}

/** Runs it on the calling thread. */
export function inlineReshardTasks(hasher: UserHasher): ReshardTasks {
  return { copy: async (input) => copyRows(input, hasher) };
}

/** Compiled once for each thread: it holds no state between two calls. */
let hasherOfThread: Promise<UserHasher> | undefined;

/** What the worker entry registers, for `workerReshardTasks`. */
export const reshardTasks = {
  "reshard.copy": async (input: CopyInput): Promise<WorkerResult<CopyOutput>> => {
    hasherOfThread ??= loadUserHasher();
    const output = copyRows(input, await hasherOfThread);
    return { output, transfer: wholeBuffers(output.files.map(({ bytes }) => bytes)) };
  },
} satisfies WorkerTasks;

/** Runs it on the workers of `env`, which has `reshardTasks` among its tasks. */
export function workerReshardTasks({ workers }: Pick<Env, "workers">): ReshardTasks {
  return {
    copy(input, options) {
      const views = input.sources.flatMap(({ file: { tail, parts } }) => [tail, ...parts]);
      return workers.run({ name: "reshard.copy", input, transfer: wholeBuffers(views) }, options);
    },
  };
}
