import type { CallOptions, Env, ObjectEntry } from "@shale/env";
import { fanOut, listAll, nonceOf } from "@shale/env";
import type { WorkPinDocument } from "@shale/format";
import { decodeWorkPin, encodeWorkPin } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { patientEnv } from "../patient-env.ts";
import { workPinBeatKey, workPinKey, workPinOfKey, workPinPrefix } from "./collect-keys.ts";

/** A pin whose beat is older than this, by the store's time, counts no longer. */
export const WORK_PIN_STALE_MS = 5 * 60_000;
/** How often long work is to renew its pin. */
export const WORK_PIN_RENEW_MS = 60_000;
const READ_CONCURRENCY = 16;

/** Keeps what was reachable when it was opened from being collected (protocol R5). */
export interface WorkPin extends AsyncDisposable {
  /** 32 hex digits that name it. */
  readonly nonce: string;
  /**
   * Says that the work goes on; due every `WORK_PIN_RENEW_MS`. One call at a time.
   *
   * @throws {ShaleError} SNAPSHOT_EXPIRED: it was not renewed for so long that a collector has
   * removed it, and what was pinned may be gone. What the store throws: repeat it.
   */
  renew(options?: CallOptions): Promise<void>;
  /** Idempotent. What the store throws: the pin goes stale by itself. */
  close(): Promise<void>;
}
export interface WorkPinOptions extends CallOptions {
  /** For people: "export". */
  readonly what: string;
}

/**
 * Opens a pin for long work. Whatever is pinned under it is to be read afterwards: the catalog,
 * the heads, the manifests.
 *
 * The beat is made first, so that no pin is without one. A collector removes a stale beat only as
 * it was seen, and `renew` replaces it only as it was left: of the two, one happens.
 *
 * @throws {ShaleError} what the store throws
 */
export async function openWorkPin(
  env: Env,
  project: ProjectId,
  { what, signal }: WorkPinOptions,
): Promise<WorkPin> {
  const { store } = patientEnv(env);
  const nonce = nonceOf(env.random);
  const { host, pid, started } = env.processes.self;
  const pinKey = workPinKey(project, nonce);
  const beatKey = workPinBeatKey(project, nonce);
  const first: WorkPinDocument = {
    nonce,
    process: { host, pid, started },
    what,
    atMs: Math.max(0, env.clock.nowMs()),
    renewals: 0,
  };
  let renewals = 0;
  let token = await create(beatKey);
  await create(pinKey);

  async function create(key: string): Promise<string> {
    const outcome = await store.put(key, encodeWorkPin(first), { ifAbsent: true }, { signal });
    if (outcome.written) return outcome.version;
    throw new ShaleError("STORE_UNAVAILABLE", `Cannot make ${key}: something stands there`);
  }
  async function renew(options: CallOptions = {}): Promise<void> {
    renewals++;
    const atMs = Math.max(0, env.clock.nowMs());
    const bytes = encodeWorkPin({ ...first, atMs, renewals });
    const outcome = await store.put(beatKey, bytes, { ifVersion: token }, options);
    if (!outcome.written) {
      throw new ShaleError(
        "SNAPSHOT_EXPIRED",
        `Cannot go on with "${what}": its pin was not renewed in time and has been removed`,
      );
    }
    token = outcome.version;
  }
  async function close(): Promise<void> {
    await store.delete(beatKey);
    await store.delete(pinKey);
  }
  return { nonce, renew, close, [Symbol.asyncDispose]: close };
}

/**
 * One work pin as it stands in the store; pin or beat may be missing while it is made or removed.
 */
export interface FoundWorkPin {
  readonly nonce: string;
  readonly pin: ObjectEntry | undefined;
  readonly beat: ObjectEntry | undefined;
  /** undefined when it cannot be read: it counts all the same. */
  readonly document: WorkPinDocument | undefined;
}

/**
 * All work pins of the project. A pin that is not among them was opened after this call began.
 *
 * @throws {ShaleError} what the store throws
 */
export async function readWorkPins(
  env: Env,
  project: ProjectId,
  options: CallOptions = {},
): Promise<readonly FoundWorkPin[]> {
  const reading = patientEnv(env);
  const found = new Map<string, { pin?: ObjectEntry; beat?: ObjectEntry }>();
  for await (const entry of listAll(reading.store, workPinPrefix(project), options)) {
    const place = workPinOfKey(project, entry.key);
    if (place === undefined) continue;
    const known = found.get(place.nonce) ?? {};
    found.set(place.nonce, { ...known, [place.isBeat ? "beat" : "pin"]: entry });
  }
  return await fanOut(
    [...found],
    { concurrency: READ_CONCURRENCY, signal: options.signal },
    async ([nonce, { pin, beat }], signal) => {
      const entry = pin ?? beat;
      const document = entry && (await readDocument(reading, entry.key, { signal }));
      return { nonce, pin, beat, document };
    },
  );
}

async function readDocument(
  env: Env,
  key: string,
  options: CallOptions,
): Promise<WorkPinDocument | undefined> {
  const stored = await env.store.get(key, options);
  try {
    return stored === undefined ? undefined : decodeWorkPin(stored.bytes, { key });
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    env.logger.warn("work pin cannot be read", { key, code: error.code, error: error.message });
    return undefined;
  }
}

/** Whether the work goes on, as far as the store's time tells. */
export function isWorkPinLive({ pin, beat }: FoundWorkPin, storeNowMs: number): boolean {
  const heardMs = (beat ?? pin)?.modifiedMs ?? Number.NEGATIVE_INFINITY;
  return storeNowMs - heardMs < WORK_PIN_STALE_MS;
}
