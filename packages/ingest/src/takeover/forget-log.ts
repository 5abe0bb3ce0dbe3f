import type { ForgottenWriter } from "@shale/catalog";
import { forgetWriter, loadCatalog, readHeartbeats } from "@shale/catalog";
import type { Env } from "@shale/env";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { deleteHeartbeat } from "../heartbeat-loop.ts";
import { writeFence } from "../log/fence.ts";
import { readTailEnd } from "../tail/read-tail-end.ts";
import { sealTail } from "../tail/seal-tail.ts";
import { writerDefaults } from "../writer-options.ts";
import { readProblem } from "./list-logs.ts";
import type { LogFacts } from "./read-log-facts.ts";
import { readFactsOf } from "./read-log-facts.ts";
import { HEARTBEAT_STALE_MS } from "./recover-logs.ts";

/**
 * Declares a writer's log lost (W5): its tail is sealed where it ends, then the catalog says so.
 *
 * The seal comes first. That the writer is dead is only believed, and one that lives must not go on
 * under an ordinal whose rows nobody waits for: it finds the seal, or the fence where its log is on
 * this disk, and moves what it had acknowledged above the seal to a new ordinal (W4).
 *
 * @param by - Who decided it, for the audit.
 * @throws {ShaleError} WRITER_UNKNOWN; WRITER_NOT_FORGETTABLE: its tail is sealed, so nothing is
 *   missing; what the store or the disk throws: repeat it
 */
export async function forgetLog(
  env: Env,
  project: ProjectId,
  writer: WriterOrdinal,
  { by }: { readonly by: string },
): Promise<ForgottenWriter> {
  const catalog = await loadCatalog(env, project);
  const registered = catalog?.writers.find(({ ordinal }) => ordinal === writer);
  if (catalog === undefined || registered === undefined) {
    throw new ShaleError("WRITER_UNKNOWN", `Cannot forget writer ${writer}: it is not registered`);
  }
  const { forgotten } = registered;
  if (forgotten !== null) return { writer, lastSeq: forgotten.lastSeq, catalog };
  const place = { project, writer };
  const heartbeats = await readHeartbeats(env, project);
  const facts = await readFactsOf(env, place, { catalog, heartbeats });
  await checkForgettable(env, project, facts);
  if (env.disk !== undefined && facts.isHere) await writeFence(env.disk, facts.folder);
  const { tailObjectBytesMax } = writerDefaults;
  const { lastSeq } = await sealTail(env, place, { batches: [], tailObjectBytesMax });
  const result = await forgetWriter(env, project, writer, { lastSeq, by });
  await deleteHeartbeat(env, project, writer);
  return result;
}

async function checkForgettable(env: Env, project: ProjectId, facts: LogFacts): Promise<void> {
  const { heardMs, isHere, owner, writer } = facts;
  const isRecent = env.clock.nowMs() - heardMs < HEARTBEAT_STALE_MS;
  if (owner === "alive" || (owner === "unknown" && isRecent)) {
    throw unforgettable(writer, "its process lives");
  }
  const { isSealed } = await readTailEnd(env, { project, writer });
  if (!isSealed) return;
  // Sealed, and the log still lies here unread: an earlier call ended between seal and catalog.
  const isUnreadable =
    env.disk !== undefined && isHere && (await readProblem(env.disk, facts)) !== undefined;
  if (!isUnreadable) throw unforgettable(writer, "its tail is sealed, so that nothing is missing");
}

function unforgettable(writer: WriterOrdinal, why: string): ShaleError {
  return new ShaleError("WRITER_NOT_FORGETTABLE", `Cannot forget writer ${writer}: ${why}`);
}
