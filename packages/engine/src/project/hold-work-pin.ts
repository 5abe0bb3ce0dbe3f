import { openWorkPin, WORK_PIN_RENEW_MS, type WorkPin } from "@shale/catalog";
import type { Env } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { ProjectParts } from "./project-parts.ts";

/** Keeps what is pinned after it was taken from being collected, until it is released. */
export interface HeldPin {
  /** Idempotent; never fails: a pin that could not be removed goes stale by itself. */
  release(): Promise<void>;
}

const NOTHING_HELD: HeldPin = { release: async () => undefined };

/**
 * Publishes a pin for work that may outlast the grace of a collector, and renews it until it is
 * released or the project is closed (protocol R5). What the work reads, the catalog first, is to
 * be read afterwards.
 *
 * A store that is read-only has no pin, nor has one that refuses to take it: its collector is
 * somebody else's, and whoever meets an absence before it gave anything out pins again.
 *
 * @throws the reason of the signal
 */
export async function holdWorkPin(
  parts: ProjectParts,
  { what, signal }: { readonly what: string; readonly signal: AbortSignal | undefined },
): Promise<HeldPin> {
  const { env, project, heldPins, readOnly } = parts;
  if (readOnly) return NOTHING_HELD;
  const pin = await openIfTaken(parts, what, signal);
  if (pin === undefined) return NOTHING_HELD;
  const ending = new AbortController();
  const renewing = renewUntil(env, pin, ending.signal);
  renewing.catch(() => undefined); // A fault of the code is met by whoever releases the pin.
  let released: Promise<void> | undefined;

  async function end(): Promise<void> {
    heldPins.delete(held);
    ending.abort();
    await renewing;
    try {
      await pin?.close();
    } catch (error) {
      if (!(error instanceof ShaleError)) throw error;
      env.logger.warn("a work pin was left behind and goes stale", { project, what, error });
    }
  }
  const held: HeldPin = { release: () => (released ??= end()) };
  heldPins.add(held);
  return held;
}

async function openIfTaken(
  { env, project }: ProjectParts,
  what: string,
  signal: AbortSignal | undefined,
): Promise<WorkPin | undefined> {
  try {
    return await openWorkPin(env, project, { what, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ShaleError)) throw error;
    env.logger.warn("work goes on without a pin", { project, what, code: error.code, error });
    return undefined;
  }
}

async function renewUntil(env: Env, pin: WorkPin, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await env.clock.sleep(WORK_PIN_RENEW_MS, { signal });
      await pin.renew({ signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ShaleError)) throw error;
      env.logger.warn("a work pin was not renewed", { code: error.code, error });
      if (error.code === "SNAPSHOT_EXPIRED") return;
    }
  }
}
