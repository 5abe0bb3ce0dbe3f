import { existing, openCatalog } from "@shale/catalog";
import type { CallOptions } from "@shale/env";
import { retryingStore } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { ReshardLogEntry } from "./read-reshard.ts";
import { logEntryOf } from "./read-reshard.ts";
import type { ReshardContext } from "./reshard-context.ts";

export interface FollowOptions extends CallOptions {
  /** Steps up to this number are left out. Default 0: from the first one on. */
  readonly after?: number | undefined;
  /** Between two looks at the catalog, in ms. Default 1,000. */
  readonly pollMs?: number | undefined;
}

const POLL_MS = 1_000;

/**
 * Every step of every operation, whoever takes it, oldest first: first those that were taken, then
 * each as it comes. It does not end by itself.
 *
 * A step has a number, one more than the step before. Who keeps the number of the last one that was
 * dealt with, and passes it as `after` the next time, meets every step at least once, also after a
 * crash (A19).
 *
 * @throws {ShaleError} OPTION_INVALID, PROJECT_NOT_FOUND, STORE_CLOSED, STORE_UNAVAILABLE: follow
 * again with `after`; the reason of the signal
 */
export async function* followReshard(
  { env, project, checkOpen }: ReshardContext,
  { after = 0, pollMs = POLL_MS, signal }: FollowOptions = {},
): AsyncGenerator<ReshardLogEntry, void, undefined> {
  if (!(Number.isFinite(pollMs) && pollMs >= 0)) {
    throw new ShaleError("OPTION_INVALID", `Cannot look every ${pollMs} ms`, { path: "pollMs" });
  }
  const catalog = openCatalog({ ...env, store: retryingStore(env, env.store) }, project);
  for (let seen = after; ; ) {
    checkOpen?.("follow reshards");
    const { transitions } = existing(await catalog.loadNewest({ signal }), project);
    for (const step of transitions) {
      if (step.number <= seen) continue;
      seen = step.number;
      yield logEntryOf(step);
    }
    await env.clock.sleep(pollMs, { signal });
  }
}
