import type { CallOptions, Disk, Env } from "@shale/env";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError, unreachable } from "@shale/model";
import { deleteHeartbeat } from "../heartbeat-loop.ts";
import { removeLog, writeFence } from "../log/fence.ts";
import { readLog } from "../log/read-log.ts";
import { sealTail } from "../tail/seal-tail.ts";
import { writerDefaults } from "../writer-options.ts";
import { operatingError } from "../writer-state.ts";
import { planTakeover } from "./plan-takeover.ts";
import type { LogFacts } from "./read-log-facts.ts";
import { readLogFacts } from "./read-log-facts.ts";

export interface RecoverOptions extends CallOptions {
  /** Default 60,000; see `TakeoverPolicy`. */
  readonly heartbeatStaleMs?: number | undefined;
  readonly force?: readonly WriterOrdinal[] | undefined;
}

/** What became of one log that was not left to its writer. */
export interface RecoveredLog {
  readonly writer: WriterOrdinal;
  /** Below the root of the disk. */
  readonly folder: string;
  /**
   * recovered: its tail is sealed, and the log is gone. unreadable: it stays until it can be read
   * or is forgotten (W5). postponed: the store or the disk failed; the next call goes on.
   */
  readonly outcome: "recovered" | "unreadable" | "postponed";
  /** The end of the sealed tail; undefined unless recovered. */
  readonly lastSeq: number | undefined;
  /** Why it was not recovered. */
  readonly problem: ShaleError | undefined;
}

/** A writer that was heard of more recently counts as living where nothing else tells. */
export const HEARTBEAT_STALE_MS = 60_000;

/**
 * Takes over the logs that other processes left on this disk (W4): their rows come into the tail
 * under the dead writers' own ordinals, and the tails are sealed. A log that cannot be taken over
 * stops nothing, neither the others nor the caller. Any number of processes may do it at once.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND; what the store or the disk throws before the first log
 */
export async function recoverLogs(
  env: Env,
  project: ProjectId,
  options: RecoverOptions = {},
): Promise<readonly RecoveredLog[]> {
  const { disk } = env;
  if (disk === undefined) return [];
  const policy = {
    heartbeatStaleMs: options.heartbeatStaleMs ?? HEARTBEAT_STALE_MS,
    force: options.force ?? [],
  };
  const recovered: RecoveredLog[] = [];
  for (const facts of await readLogFacts(env, project, "recover logs")) {
    options.signal?.throwIfAborted();
    const action = planTakeover(facts, env.clock.nowMs(), policy);
    switch (action) {
      case "leave":
        break;
      case "refuse":
        recovered.push(failedRecovery(facts, "unreadable", unknownWriter(facts)));
        break;
      case "remove":
      case "take":
        recovered.push(await recoverLog(env, project, { disk, facts, action, ...options }));
        break;
      default:
        unreachable(action);
    }
  }
  return recovered;
}

interface Recovery extends CallOptions {
  readonly disk: Disk;
  readonly facts: LogFacts;
  readonly action: "take" | "remove";
}

async function recoverLog(
  env: Env,
  project: ProjectId,
  { disk, facts, action, signal }: Recovery,
): Promise<RecoveredLog> {
  const { folder, writer } = facts;
  let isRead = false;
  try {
    let lastSeq: number | undefined;
    if (action === "take") {
      await writeFence(disk, folder);
      // The fence first, the log second, the tail third: each holds what the one before may miss.
      const batches = await readLog(disk, { folder, writer });
      isRead = true;
      const { tailObjectBytesMax } = writerDefaults;
      const place = { project, writer };
      ({ lastSeq } = await sealTail(env, place, { batches, tailObjectBytesMax, signal }));
    }
    await removeLog(disk, folder);
    await deleteHeartbeat(env, project, writer);
    return { writer, folder, outcome: "recovered", lastSeq, problem: undefined };
  } catch (error) {
    signal?.throwIfAborted();
    const problem = operatingError(error);
    env.logger.warn("A log was not recovered", { project, writer, cause: problem });
    return failedRecovery(facts, isRead ? "postponed" : "unreadable", problem);
  }
}

function failedRecovery(
  { folder, writer }: LogFacts,
  outcome: "unreadable" | "postponed",
  problem: ShaleError,
): RecoveredLog {
  return { writer, folder, outcome, lastSeq: undefined, problem };
}

export function unknownWriter({ folder, writer }: LogFacts): ShaleError {
  return new ShaleError(
    "WRITER_UNKNOWN",
    `Cannot take over ${folder}: the catalog does not know writer ${writer}`,
  );
}
