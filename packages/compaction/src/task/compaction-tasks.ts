import type { UserHasher } from "@shale/columns";
import { loadUserHasher } from "@shale/columns";
import type { CallOptions, Env, WorkerResult, WorkerTasks } from "@shale/env";
import type { DrainInput, DrainOutput } from "./drain-task.ts";
import { drainObjects } from "./drain-task.ts";
import type { FindDeletedInput } from "./find-deleted-task.ts";
import { findDeleted } from "./find-deleted-task.ts";
import type { MergeInput, MergeOutput } from "./merge-task.ts";
import { mergeFiles } from "./merge-task.ts";
import type { EncodedFile } from "./task-place.ts";
import type { VerifyInput, VerifyOutput } from "./verify-task.ts";
import { verifyFile } from "./verify-task.ts";

/** The parts of compaction that take a processor: pure, from bytes to bytes. */
export interface CompactionTasks {
  drain(input: DrainInput, options?: CallOptions): Promise<DrainOutput>;
  merge(inputs: readonly MergeInput[], options?: CallOptions): Promise<readonly MergeOutput[]>;
  verify(inputs: readonly VerifyInput[], options?: CallOptions): Promise<readonly VerifyOutput[]>;
  findDeleted(input: FindDeletedInput, options?: CallOptions): Promise<boolean>;
}

/** Runs them on the calling thread. */
export function inlineTasks(hasher: UserHasher): CompactionTasks {
  return {
    drain: async (input) => drainObjects(input),
    merge: async (inputs) => inputs.map((input) => mergeFiles(input, hasher)),
    verify: async (inputs) => inputs.map(verifyFile),
    findDeleted: async (input) => findDeleted(input),
  };
}

/** Compiled once for each thread: it holds no state between two calls. */
let hasherOfThread: Promise<UserHasher> | undefined;

function threadHasher(): Promise<UserHasher> {
  hasherOfThread ??= loadUserHasher();
  return hasherOfThread;
}

/** What the worker entry registers, for `workerTasks`. */
export const compactionTasks = {
  "compaction.drain": (input: DrainInput): WorkerResult<DrainOutput> => {
    const output = drainObjects(input);
    return { output, transfer: buffersOf(output.groups.flatMap(({ files }) => files)) };
  },
  "compaction.merge": async (
    inputs: readonly MergeInput[],
  ): Promise<WorkerResult<readonly MergeOutput[]>> => {
    const hasher = await threadHasher();
    const output = inputs.map((input) => mergeFiles(input, hasher));
    return { output, transfer: buffersOf(output.flatMap(({ file }) => file ?? [])) };
  },
  "compaction.verify": (inputs: readonly VerifyInput[]): WorkerResult<readonly VerifyOutput[]> => ({
    output: inputs.map(verifyFile),
  }),
  "compaction.findDeleted": (input: FindDeletedInput): WorkerResult<boolean> => ({
    output: findDeleted(input),
  }),
} satisfies WorkerTasks;

/** Runs them on the workers of `env`, which has `compactionTasks` among its tasks. */
export function workerTasks({ workers }: Pick<Env, "workers">): CompactionTasks {
  return {
    drain: (input, options) => {
      // Other slices are given the same objects.
      const isOnly = input.slice.count === 1;
      const transfer = isOnly ? wholeBuffers(input.objects.map(({ bytes }) => bytes)) : [];
      return workers.run({ name: "compaction.drain", input, transfer }, options);
    },
    merge: (input, options) => {
      const files = input.flatMap((one) => one.files);
      const transfer = wholeBuffers(files.flatMap(({ tail, parts }) => [tail, ...parts]));
      return workers.run({ name: "compaction.merge", input, transfer }, options);
    },
    verify: (input, options) => {
      if (input.length === 0) return Promise.resolve([]);
      const transfer = wholeBuffers(input.map(({ bytes }) => bytes));
      return workers.run({ name: "compaction.verify", input, transfer }, options);
    },
    findDeleted: (input, options) => {
      const transfer = wholeBuffers([input.file.tail, ...input.file.parts]);
      return workers.run({ name: "compaction.findDeleted", input, transfer }, options);
    },
  };
}

function buffersOf(files: readonly EncodedFile[]): readonly ArrayBuffer[] {
  return wholeBuffers(files.map(({ bytes }) => bytes));
}

/** Buffers that belong to one of the views alone: a part of Node's pool is not ours to move. */
export function wholeBuffers(views: readonly Uint8Array[]): readonly ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of views) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  }
  return [...buffers];
}
