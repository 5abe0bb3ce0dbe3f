import type { UserHasher } from "@shale/columns";
import { loadUserHasher } from "@shale/columns";
import { wholeBuffers } from "@shale/compaction";
import type { CallOptions, Env, WorkerResult, WorkerTasks } from "@shale/env";
import type { CopyInput, CopyOutput } from "./copy-task.ts";
import { copyRows } from "./copy-task.ts";
import type { SliceInput } from "./slice-task.ts";
import { sliceRows } from "./slice-task.ts";

/** The parts of a copy that take a processor: pure, from bytes to bytes. */
export interface ReshardTasks {
  copy(input: CopyInput, options?: CallOptions): Promise<CopyOutput>;
  slice(input: SliceInput, options?: CallOptions): Promise<CopyOutput>;
}

/** Runs them on the calling thread. */
export function inlineReshardTasks(hasher: UserHasher): ReshardTasks {
  return {
    copy: async (input) => copyRows(input, hasher),
    slice: async (input) => sliceRows(input, hasher),
  };
}

/** Compiled once for each thread: it holds no state between two calls. */
let hasherOfThread: Promise<UserHasher> | undefined;

function threadHasher(): Promise<UserHasher> {
  hasherOfThread ??= loadUserHasher();
  return hasherOfThread;
}

/** What the worker entry registers, for `workerReshardTasks`. */
export const reshardTasks = {
  "reshard.copy": async (input: CopyInput): Promise<WorkerResult<CopyOutput>> => {
    const output = copyRows(input, await threadHasher());
    return { output, transfer: wholeBuffers(output.files.map(({ bytes }) => bytes)) };
  },
  "reshard.slice": async (input: SliceInput): Promise<WorkerResult<CopyOutput>> => {
    const output = sliceRows(input, await threadHasher());
    return { output, transfer: wholeBuffers(output.files.map(({ bytes }) => bytes)) };
  },
} satisfies WorkerTasks;

/** Runs them on the workers of `env`, which has `reshardTasks` among its tasks. */
export function workerReshardTasks({ workers }: Pick<Env, "workers">): ReshardTasks {
  return {
    copy(input, options) {
      const transfer = buffersOf(input);
      return workers.run({ name: "reshard.copy", input, transfer }, options);
    },
    slice(input, options) {
      const transfer = buffersOf(input);
      return workers.run({ name: "reshard.slice", input, transfer }, options);
    },
  };
}

function buffersOf({ sources }: CopyInput): readonly ArrayBuffer[] {
  return wholeBuffers(sources.flatMap(({ file: { tail, parts } }) => [tail, ...parts]));
}
