import type { Env } from "@shale/env";
import { retryingStore } from "@shale/env";

/**
 * The same world with a store that repeats what was not answered. Only for reading: versions are
 * created through the raw store, because a creation that is sent again by itself may land on a
 * number that was built upon and pruned meanwhile (protocol P1).
 */
export function patientEnv(env: Env): Env {
  return { ...env, store: retryingStore(env, env.store) };
}
