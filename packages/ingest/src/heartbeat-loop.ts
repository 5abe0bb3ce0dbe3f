import type { Adoption } from "@shale/catalog";
import { heartbeatKey, loadCatalog, writeHeartbeat } from "@shale/catalog";
import type { Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { raiseSeqs } from "./incarnation.ts";
import { pause } from "./pause.ts";
import { superseded } from "./supersede.ts";
import type { WriterState } from "./writer-state.ts";
import { oldestUnflushedSeqOf, operatingError } from "./writer-state.ts";

/** Says at intervals that the writer lives, and hears what others say, until `signal` aborts. */
export async function runHeartbeats(state: WriterState, signal: AbortSignal): Promise<void> {
  const { env, settings } = state;
  while (!signal.aborted) {
    try {
      await writeBeatQuietly(state, await adoptNewest(state));
    } catch (error) {
      const cause = operatingError(error);
      env.logger.warn("A catalog was not adopted", { writer: state.incarnation.ordinal, cause });
    }
    await pause(env.clock, settings.heartbeatIntervalMs, signal);
  }
}

/**
 * Adopts the newest catalog at once, in place of at the next beat, and says so to other processes.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, and what the store throws: the next beat adopts it
 */
export async function adoptCatalog(state: WriterState): Promise<Adoption> {
  const catalog = await adoptNewest(state);
  // Of a sealed writer no heartbeat is to be left behind.
  if (!state.isClosing) await writeBeatQuietly(state, catalog);
  const { incarnation, seqs } = state;
  return {
    ordinal: incarnation.ordinal,
    catalogVersion: catalog.version,
    lastSeq: seqs.last,
  };
}

/**
 * The seqs are raised above every tombstone of the newest catalog before anything names that
 * version and the last seq handed out: so what is not counted there is above them (D1).
 */
async function adoptNewest(state: WriterState): Promise<CatalogDocument> {
  const { env, project, seqs } = state;
  const catalog = await loadCatalog(env, project);
  if (catalog === undefined) {
    throw new ShaleError("PROJECT_NOT_FOUND", `Cannot adopt a catalog: no project "${project}"`);
  }
  await raiseSeqs(env, project, { seqs, catalog, isOpening: false });
  const { incarnation } = state;
  if (incarnation.catalog.version < catalog.version) incarnation.catalog = catalog;
  return incarnation.catalog;
}

/** A heartbeat is a hint: one that cannot be written stops nothing. */
async function writeBeatQuietly(state: WriterState, catalog: CatalogDocument): Promise<void> {
  if (superseded(state, catalog)) state.flushBell.ring();
  try {
    await writeBeat(state, catalog);
  } catch (error) {
    const cause = operatingError(error);
    const writer = state.incarnation.ordinal;
    state.env.logger.warn("A heartbeat was left out", { writer, cause });
  }
}

async function writeBeat(state: WriterState, catalog: CatalogDocument): Promise<void> {
  const { env, incarnation, project, seqs } = state;
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
