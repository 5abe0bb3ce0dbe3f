import type { CallOptions, Env } from "@shale/env";
import { nonceOf } from "@shale/env";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { patientEnv } from "../../patient-env.ts";
import { storeClockKey } from "../collect-keys.ts";

/**
 * The time by the store: when it wrote an object just now, ms since 1970 UTC. Ages of objects are
 * told by it and by no other clock (protocol R5).
 *
 * @throws {ShaleError} STORE_UNAVAILABLE and what else the store throws
 */
export async function readStoreNow(
  env: Env,
  project: ProjectId,
  options: CallOptions = {},
): Promise<number> {
  const { store } = patientEnv(env);
  const key = storeClockKey(project);
  const bytes = new TextEncoder().encode(`${nonceOf(env.random)}\n`);
  await store.put(key, bytes, { always: true }, options);
  const entry = await store.head(key, options);
  if (entry !== undefined) return entry.modifiedMs;
  throw new ShaleError("STORE_UNAVAILABLE", `Cannot tell the store's time: ${key} vanished`);
}
