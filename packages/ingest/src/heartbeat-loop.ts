import { heartbeatKey, loadCatalog, writeHeartbeat } from "@shale/catalog";
import type { Env } from "@shale/env";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { raiseSeqs } from "./incarnation.ts";
import { pause } from "./pause.ts";
import type { WriterState } from "./writer-state.ts";
import { oldestUnflushedSeqOf, operatingError } from "./writer-state.ts";

/** Says at intervals that the writer lives, and hears what others say, until `signal` aborts. */
export async function runHeartbeats(state: WriterState, signal: AbortSignal): Promise<void> {
  const { env, settings } = state;
  while (!signal.aborted) {
    try {
      await beat(state);
    } catch (error) {
      const cause = operatingError(error);
      env.logger.warn("A heartbeat was left out", { writer: state.incarnation.ordinal, cause });
    }
    await pause(env.clock, settings.heartbeatIntervalMs, signal);
  }
}

/**
 * First the seqs are raised above every tombstone of the newest catalog, then the heartbeat names
 * that version and the last seq handed out: so what it does not count is above them (D1).
 */
async function beat(state: WriterState): Promise<void> {
  const { env, incarnation, project, seqs } = state;
  const catalog = await loadCatalog(env, project);
  if (catalog === undefined) return;
  await raiseSeqs(env, project, { seqs, catalog, isOpening: false });
  incarnation.catalog = catalog;
  await writeHeartbeat(env, project, {
    ordinal: incarnation.ordinal,
    catalogVersion: catalog.version,
    lastSeq: seqs.last,
    oldestUnflushedSeq: oldestUnflushedSeqOf(state),
    process: env.processes.self,
    atMs: env.clock.nowMs(),
  });
}

/** The writer's tail is sealed: its heartbeat tells nothing any more. A hint, so failures pass. */
export async function deleteHeartbeat(
  env: Env,
  project: ProjectId,
  writer: WriterOrdinal,
): Promise<void> {
  try {
    await env.store.delete(heartbeatKey(project, writer));
  } catch (error) {
    const cause = operatingError(error);
    env.logger.warn("The heartbeat of a sealed writer was left behind", { writer, cause });
  }
}
