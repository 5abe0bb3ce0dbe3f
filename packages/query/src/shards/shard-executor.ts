import type { Env } from "@shale/env";
import type { ShardId } from "@shale/model";
import type { Pin, TailCache } from "@shale/scan";
import type { OnRows } from "../progress.ts";
import type { QueryGuard } from "../query-guard.ts";
import { createQueryRun } from "../query-run.ts";
import type { QueryStats } from "../query-stats.ts";
import type { PartOf, ShardTask, TaskKind } from "./shard-task.ts";
import { runShardTask } from "./shard-task.ts";

/** A task, where it stands, and which shards it is asked of. */
export interface ShardRequest {
  readonly pin: Pin;
  readonly task: ShardTask;
  /** Ascending, one or more. */
  readonly shards: readonly ShardId[];
  readonly asOfMs: number;
  /** Bytes that the states of the task may take. */
  readonly memoryBytesMax: number;
}
export interface ShardReply {
  readonly part: PartOf[TaskKind];
  readonly stats: QueryStats;
}
export interface ShardWatch {
  readonly guard: QueryGuard;
  /** Rows read so far of those that will be. */
  readonly onRows: OnRows;
}

/** Owns some shards: keeps their decoded columns, and runs tasks over them. */
export interface ShardExecutor {
  /** @throws {ShaleError} WORKER_FAILED: asking again may help; and what the task throws */
  run(request: ShardRequest, watch: ShardWatch): Promise<ShardReply>;
}

/** Runs tasks on the calling thread. */
export function inlineExecutor(env: Env, cache: TailCache): ShardExecutor {
  return {
    async run(request, { guard, onRows }) {
      const { pin, task, shards, asOfMs, memoryBytesMax } = request;
      const run = createQueryRun(env, { pin, cache, guard, memoryBytesMax, shards, onRows });
      const part = await runShardTask(run, task, asOfMs);
      return { part, stats: run.stats };
    },
  };
}
