import type { CallOptions } from "@shale/env";
import type { Backfilled, BackfillOptions } from "./commands/backfill-reshard.ts";
import { backfillReshard, pauseReshard } from "./commands/backfill-reshard.ts";
import type { BeginOptions, Begun } from "./commands/begin-reshard.ts";
import { beginReshard } from "./commands/begin-reshard.ts";
import type { Aborted, EndOptions, ReshardCollected } from "./commands/end-reshard.ts";
import { abortReshard, collectReshard } from "./commands/end-reshard.ts";
import type { Finalized, FinalizeOptions } from "./commands/finalize-reshard.ts";
import { finalizeReshard } from "./commands/finalize-reshard.ts";
import type { FollowOptions } from "./commands/follow-reshard.ts";
import { followReshard } from "./commands/follow-reshard.ts";
import type { PlanOptions, ReshardPlan } from "./commands/plan-reshard.ts";
import { planReshard } from "./commands/plan-reshard.ts";
import type { ReshardLogEntry, ReshardStatus } from "./commands/read-reshard.ts";
import { readReshard, readReshardLog } from "./commands/read-reshard.ts";
import type { ReshardContext } from "./commands/reshard-context.ts";
import type { RollbackOptions, RolledBack } from "./commands/rollback-reshard.ts";
import { rollbackReshard } from "./commands/rollback-reshard.ts";
import type { Validated, ValidateOptions } from "./commands/validate-reshard.ts";
import { validateReshard } from "./commands/validate-reshard.ts";
import type { ReshardState } from "./states/transition-table.ts";

interface OfOperation extends CallOptions {
  /** Default: the operation under way. */
  readonly operationId?: string | undefined;
}
interface Paused {
  readonly state: ReshardState;
  readonly paused: boolean;
}

/**
 * Changes the number of shards of one project. Every verb may run in any process; one that may not
 * run in the present state throws RESHARD_STATE and changes nothing.
 */
export interface Reshard {
  /** What a reshard would do; writes nothing. @throws SHARDS_INVALID */
  plan(options: PlanOptions): Promise<ReshardPlan>;
  /** Begins an operation; the same `operationId` and options twice are one. @throws SHARDS_INVALID */
  begin(options: BeginOptions): Promise<Begun>;
  /** Copies what the new spec lacks; goes on where an earlier one ended. @throws DISK_FULL */
  backfill(options?: BackfillOptions): Promise<Backfilled>;
  /** Stops copying, in every process, before its next job. */
  pause(options?: OfOperation): Promise<Paused>;
  resume(options?: OfOperation): Promise<Paused>;
  /** Compares both specs; a token where they hold the same. Differences are an answer. */
  validate(options?: ValidateOptions): Promise<Validated>;
  /** The new spec answers from now on. @throws VALIDATION_REQUIRED, OBJECT_MISSING */
  finalize(options?: FinalizeOptions): Promise<Finalized>;
  /** The old spec answers again. @throws RESHARD_DIFFERENCES */
  rollback(options?: RollbackOptions): Promise<RolledBack>;
  /** Gives the new spec up, before it answers. */
  abort(options?: EndOptions): Promise<Aborted>;
  status(options?: CallOptions): Promise<ReshardStatus>;
  /** Ends the time in which a rollback is possible, and deletes the old spec's files. */
  collect(options?: EndOptions): Promise<ReshardCollected>;
  /** Every step of every operation, oldest first. */
  log(
    options?: CallOptions & { readonly after?: number | undefined },
  ): Promise<readonly ReshardLogEntry[]>;
  /** Every step as it is taken, by whatever process; at least once each, by `after`. */
  follow(options?: FollowOptions): AsyncIterable<ReshardLogEntry>;
}

export function reshardOf(context: ReshardContext): Reshard {
  return {
    plan: (options) => planReshard(context, options),
    begin: (options) => beginReshard(context, options),
    backfill: (options) => backfillReshard(context, options),
    pause: (options) => pauseReshard(context, true, options),
    resume: (options) => pauseReshard(context, false, options),
    validate: (options) => validateReshard(context, options),
    finalize: (options) => finalizeReshard(context, options),
    rollback: (options) => rollbackReshard(context, options),
    abort: (options) => abortReshard(context, options),
    status: (options) => readReshard(context, options),
    collect: (options) => collectReshard(context, options),
    log: (options) => readReshardLog(context, options),
    follow: (options) => followReshard(context, options),
  };
}
