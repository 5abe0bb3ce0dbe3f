import type { Env } from "@shale/env";
import { invariant, ShaleError } from "@shale/model";
import type { Pin } from "@shale/scan";
import type { OnRows } from "../progress.ts";
import type { QueryGuard } from "../query-guard.ts";
import { createQueryGuard } from "../query-guard.ts";
import type { QueryStats } from "../query-stats.ts";
import { addStats, joinStats } from "../query-stats.ts";
import { assignShards } from "./assign-shards.ts";
import type { ShardExecutor, ShardReply, ShardRequest, ShardWatch } from "./shard-executor.ts";
import type { PartOf, TaskKind, TaskOf } from "./shard-task.ts";

/** Asks all shards of a pin, each where it belongs. */
export interface Coordinator {
  /**
   * The parts of all shards, in no particular order.
   *
   * @throws {ShaleError} WORKER_FAILED when an executor failed again and again; what a task throws
   */
  ask<K extends TaskKind>(task: TaskOf[K] & { readonly kind: K }): Promise<readonly PartOf[K][]>;
}

export interface CoordinatorOptions {
  readonly pin: Pin;
  /** One or more. */
  readonly executors: readonly ShardExecutor[];
  readonly asOfMs: number;
  /** Each executor may take the same share of it. */
  readonly memoryBytesMax: number;
  readonly guard: QueryGuard;
  /** What the tasks cost is added to it. */
  readonly stats: QueryStats;
  /** Rows of all executors together. */
  readonly onRows: OnRows;
}

/** Times that the shards of one executor are asked before the query fails. */
const ATTEMPTS_MAX = 3;

export function createCoordinator(env: Env, options: CoordinatorOptions): Coordinator {
  const { pin, executors, asOfMs, memoryBytesMax, stats } = options;
  const owners = assignShards(pin.spec.shards, executors.length).flatMap((shards, index) => {
    const executor = executors[index];
    return executor === undefined || shards.length === 0 ? [] : [{ shards, executor }];
  });
  invariant(owners.length > 0, "a query has an executor");
  const share = Math.floor(memoryBytesMax / owners.length);
  let passCount = 0;

  /** The shards of one executor, again while it fails as such: the pin is the same. */
  async function askOwner(
    executor: ShardExecutor,
    request: ShardRequest,
    watch: ShardWatch,
  ): Promise<ShardReply> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await executor.run(request, watch);
      } catch (error) {
        watch.guard.signal.throwIfAborted();
        const isLost = error instanceof ShaleError && error.code === "WORKER_FAILED";
        if (!isLost || attempt === ATTEMPTS_MAX) throw error;
        stats.retries++;
      }
    }
  }
  return {
    async ask<K extends TaskKind>(task: TaskOf[K] & { readonly kind: K }) {
      const rows = createRowSums(owners.length, options.onRows);
      const replies = await allOrNone(env, options.guard, (guard) =>
        owners.map(({ shards, executor }, index) => {
          const request = { pin, task, shards, asOfMs, memoryBytesMax: share };
          return askOwner(executor, request, { guard, onRows: rows.of(index) });
        }),
      );
      addStats(stats, joinStats(replies.map((reply) => reply.stats)), ++passCount);
      return replies.map(({ part }) => part as PartOf[K]); // A part is of its task's kind.
    },
  };
}

/**
 * All results. After a first failure the others are told to stop, and the failure is thrown once
 * nothing runs any more: no task outlives its query.
 */
async function allOrNone<Result>(
  env: Env,
  whole: QueryGuard,
  start: (guard: QueryGuard) => readonly Promise<Result>[],
): Promise<Result[]> {
  const failed = new AbortController();
  const own = createQueryGuard(env, { signal: AbortSignal.any([whole.signal, failed.signal]) });
  const guard: QueryGuard = {
    ...own,
    async breathe() {
      await whole.breathe(); // Only it knows the deadline.
      own.signal.throwIfAborted();
    },
  };
  try {
    const work = start(guard);
    const settled = await Promise.allSettled(
      work.map(async (one) => {
        try {
          return await one;
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    );
    whole.signal.throwIfAborted();
    return settled.map((one) => {
      if (one.status === "rejected") throw failed.signal.reason;
      return one.value;
    });
  } finally {
    guard.close();
  }
}

function createRowSums(count: number, onRows: OnRows) {
  const done = new Float64Array(count);
  const total = new Float64Array(count);
  const sum = (numbers: Float64Array): number => numbers.reduce((before, one) => before + one, 0);
  return {
    of:
      (index: number): OnRows =>
      (phase, doneRows, totalRows) => {
        done[index] = doneRows;
        total[index] = totalRows;
        onRows(phase, sum(done), sum(total));
      },
  };
}
