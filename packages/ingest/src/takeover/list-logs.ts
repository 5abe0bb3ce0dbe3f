import type { Disk, Env } from "@shale/env";
import type { ProjectId, ShaleError } from "@shale/model";
import { readLog } from "../log/read-log.ts";
import { operatingError } from "../writer-state.ts";
import type { LogFacts } from "./read-log-facts.ts";
import { readLogFacts } from "./read-log-facts.ts";
import { unknownWriter } from "./recover-logs.ts";

/** One log on this disk, for status (W5). */
export interface ListedLog extends LogFacts {
  /** Why it cannot be read; undefined when it can, belongs to a live writer, or is forgotten. */
  readonly problem: ShaleError | undefined;
}

/**
 * The logs of the project on this disk, by ordinal. Changes nothing. Logs of dead writers are read
 * to their end, so that what is unreadable shows.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND; what the store or the disk throws
 */
export async function listLogs(env: Env, project: ProjectId): Promise<readonly ListedLog[]> {
  const { disk } = env;
  if (disk === undefined) return [];
  const logs: ListedLog[] = [];
  for (const facts of await readLogFacts(env, project, "list logs")) {
    logs.push({ ...facts, problem: await readProblem(disk, facts) });
  }
  return logs;
}

/** Why the log of a writer that is not known to live cannot be read. */
export async function readProblem(disk: Disk, facts: LogFacts): Promise<ShaleError | undefined> {
  if (facts.standing === "unknown") return unknownWriter(facts);
  if (facts.standing !== "registered" || facts.owner === "alive") return undefined;
  try {
    await readLog(disk, facts);
    return undefined;
  } catch (error) {
    return operatingError(error);
  }
}
