import type { Env } from "@shale/env";
import { fanOut, listAll } from "@shale/env";
import type { Heartbeat } from "@shale/format";
import { decodeHeartbeat, encodeHeartbeat } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { heartbeatKey, heartbeatPrefix, numberBehind } from "./object-keys.ts";
import { patientEnv } from "./patient-env.ts";

const READ_CONCURRENCY = 16;

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
  const reading = patientEnv(env);
  const prefix = heartbeatPrefix(project);
  const keys: string[] = [];
  for await (const { key } of listAll(reading.store, prefix)) {
    if (numberBehind(prefix, key) !== undefined) keys.push(key);
  }
  const heartbeats = await fanOut(keys, { concurrency: READ_CONCURRENCY }, (key) =>
    readHeartbeat(reading, project, key),
  );
  return heartbeats.filter((heartbeat) => heartbeat !== undefined);
}

async function readHeartbeat(env: Env, project: ProjectId, key: string) {
  const stored = await env.store.get(key);
  if (stored === undefined) return undefined;
  try {
    const heartbeat = decodeHeartbeat(stored.bytes, { key });
    if (key === heartbeatKey(project, heartbeat.ordinal)) return heartbeat;
    env.logger.warn("heartbeat is of another writer", { key, writer: heartbeat.ordinal });
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    env.logger.warn("heartbeat cannot be read", { key, code: error.code, error: error.message });
  }
  return undefined;
}
