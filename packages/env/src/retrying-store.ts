import { invariant, ShaleError } from "@shale/model";
import type { CallOptions } from "./clock.ts";
import type { Env } from "./env.ts";
import type { ObjectStore, PutCondition, PutOutcome } from "./object-store.ts";

export interface RetryPolicy {
  /** Greatest wait before the first retry, in ms; doubles for each further one. */
  readonly delayMsFirst: number;
  /** Greatest wait before any retry, in ms. */
  readonly delayMsMax: number;
  /** Time from the call after which no retry begins, in ms. Higher: rides out longer outages. */
  readonly deadlineMs: number;
}
export const retryDefaults: RetryPolicy = {
  delayMsFirst: 50,
  delayMsMax: 5_000,
  deadlineMs: 60_000,
};

type RetryEnv = Pick<Env, "clock" | "random" | "logger">;

/**
 * Repeats calls that the store did not answer (STORE_UNAVAILABLE, no other code), with waits drawn
 * evenly from zero to a doubling limit, until the deadline; then the last error is thrown.
 *
 * Reads, lists, deletes and writes without a condition are simply repeated. A conditional write
 * whose reply was lost is repeated too, and when the repetition loses, the object is read: bytes
 * equal to ours mean that the first one had won. So the outcome is exact if
 * - no two writes of a key have equal bytes: the payload carries a nonce;
 * - what is created is written once: not replaced or deleted while its writer may still retry.
 * Pointers (catalog and manifests) break the second rule, for a sleeper's version may be built upon
 * and pruned: they are put through the raw store and decide by their own nonces (protocol P1, P2).
 */
export function retryingStore(
  env: RetryEnv,
  store: ObjectStore,
  policy: RetryPolicy = retryDefaults,
): ObjectStore {
  invariant(policy.delayMsFirst > 0, `a wait is longer than nothing: ${policy.delayMsFirst}`);

  async function repeat<T>(
    action: string,
    options: CallOptions | undefined,
    call: (attempt: number) => Promise<T>,
  ): Promise<T> {
    const endMs = env.clock.monotonicMs() + policy.deadlineMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await call(attempt);
      } catch (error) {
        const delayMs = nextDelayMs(env, policy, attempt);
        const isInTime = env.clock.monotonicMs() + delayMs < endMs;
        if (!isUnavailable(error) || !isInTime) throw error;
        env.logger.debug("store call is repeated", { action, attempt, delayMs, error });
        await env.clock.sleep(delayMs, { signal: options?.signal });
      }
    }
  }

  return {
    get: (key, options) => repeat("get", options, () => store.get(key, options)),
    head: (key, options) => repeat("head", options, () => store.head(key, options)),
    list: (prefix, options) => repeat("list", options, () => store.list(prefix, options)),
    // A repeated delete answers as the first one would have: see DeleteOutcome.
    delete: (key, options) => repeat("delete", options, () => store.delete(key, options)),
    async put(key, bytes, condition, options) {
      const outcome = await repeat("put", options, async (attempt) => {
        const latest = await store.put(key, bytes, condition, options);
        if (latest.written || attempt === 0) return latest;
        return readBack(store, { key, bytes, condition, options });
      });
      if (outcome !== "unclear") return outcome;
      throw new ShaleError(
        "STORE_UNAVAILABLE",
        `Cannot tell whether "${key}" was replaced: a reply was lost, and the object has changed`,
      );
    },
    ...(store.sweep && { sweep: () => repeat("sweep", undefined, async () => store.sweep?.()) }),
  };
}

interface UnclearPut {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly condition: PutCondition;
  readonly options: CallOptions | undefined;
}

/**
 * The outcome of a put that lost after an earlier attempt without a reply. The losing attempt came
 * first, and not the reading, because its answer says that what stands there is durable.
 */
async function readBack(
  store: ObjectStore,
  { key, bytes, condition, options }: UnclearPut,
): Promise<PutOutcome | "unclear"> {
  const object = await store.get(key, options);
  if (object !== undefined && Buffer.compare(object.bytes, bytes) === 0) {
    return { written: true, version: object.version };
  }
  // Ours may have been written and replaced or deleted since.
  if (!("ifAbsent" in condition)) return "unclear";
  // Written once: had it been ours, it would still stand.
  if (object !== undefined) return { written: false };
  throw new ShaleError(
    "STORE_UNAVAILABLE",
    `Cannot create "${key}": it existed and was deleted while a lost reply was looked into`,
  );
}

function nextDelayMs({ random }: RetryEnv, policy: RetryPolicy, attempt: number): number {
  const limitMs = Math.min(policy.delayMsMax, policy.delayMsFirst * 2 ** attempt);
  return (random.nextU32() / 2 ** 32) * limitMs;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ShaleError && error.code === "STORE_UNAVAILABLE";
}
