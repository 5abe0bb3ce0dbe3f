import type { Env } from "@shale/env";
import { listAll } from "@shale/env";
import type { Heartbeat } from "@shale/format";
import { decodeHeartbeat, encodeHeartbeat } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { heartbeatKey, heartbeatPrefix, numberBehind } from "./object-keys.ts";

/** Overwrites the writer's heartbeat. Two in one second may be refused: STORE_UNAVAILABLE. */
export async function writeHeartbeat(
  env: Env,
  project: ProjectId,
  heartbeat: Heartbeat,
): Promise<void> {
  const key = heartbeatKey(project, heartbeat.ordinal);
  await env.store.put(key, encodeHeartbeat(heartbeat), { always: true });
}

/**
 * What the writers last said of themselves, by ordinal. A heartbeat that cannot be read is left out
 * with a warning: it is only a hint, and must stop nothing.
 */
export async function readHeartbeats(env: Env, project: ProjectId): Promise<readonly Heartbeat[]> {
  const prefix = heartbeatPrefix(project);
  const heartbeats: Heartbeat[] = [];
  for await (const { key } of listAll(env.store, prefix)) {
    const ordinal = numberBehind(prefix, key);
    if (ordinal === undefined) continue;
    const heartbeat = await readHeartbeat(env, key);
    if (heartbeat?.ordinal === ordinal) heartbeats.push(heartbeat);
  }
  return heartbeats;
}

async function readHeartbeat(env: Env, key: string): Promise<Heartbeat | undefined> {
  const stored = await env.store.get(key);
  if (stored === undefined) return undefined;
  try {
    return decodeHeartbeat(stored.bytes, { key });
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    env.logger.warn("heartbeat cannot be read", { key, code: error.code, error: error.message });
    return undefined;
  }
}
