import type { Env } from "@shale/env";
import { recoverLogs } from "@shale/ingest";
import type { ProjectId } from "@shale/model";

/** How often a process that appends looks for logs that others left on its disk. */
const RECOVERY_INTERVAL_MS = 10_000;

/** Takes over the logs of dead writers on this disk (protocol W4). What cannot be read only warns. */
export async function recoverDeadLogs(env: Env, project: ProjectId): Promise<void> {
  for (const { writer, outcome, problem } of await recoverLogs(env, project)) {
    if (outcome === "recovered") env.logger.info("took over a log", { project, writer });
    else env.logger.warn("cannot take over a log", { project, writer, outcome, cause: problem });
  }
}

/**
 * The same again and again until `signal` aborts, so that rows of a process that died become visible
 * while another one appends. A failure warns and waits for the next turn.
 */
export async function recoverRegularly(
  env: Env,
  project: ProjectId,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await env.clock.sleep(RECOVERY_INTERVAL_MS, { signal });
      await recoverDeadLogs(env, project);
    } catch (cause) {
      if (signal.aborted) return;
      env.logger.warn("cannot look for logs of dead writers", { project, cause });
    }
  }
}
