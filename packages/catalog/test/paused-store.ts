import type { ObjectStore } from "@shale/env";
import { ShaleError } from "@shale/model";

export type StoreCall = "get" | "head" | "put" | "delete" | "list";
/** before: no effect. after: the effect, and no reply. */
export type CallFault = "before" | "after";

export interface PausedCall {
  /** Resolves when the call stands at the border. */
  readonly reached: Promise<void>;
  /** Lets it through; with a fault it throws STORE_UNAVAILABLE. */
  resume(fault?: CallFault): void;
}

export interface PausedStore extends ObjectStore {
  /** Stops the next call of this kind whose key or prefix holds `part`, before it takes effect. */
  pauseBefore(call: StoreCall, part: string): PausedCall;
  /** Stops it after it took effect and before its reply. */
  pauseAfter(call: StoreCall, part: string): PausedCall;
  /** Calls so far, as `put p1/catalog/…`. */
  readonly calls: readonly string[];
}

interface Stop {
  readonly call: StoreCall;
  readonly part: string;
  readonly when: "before" | "after";
  readonly arrive: () => void;
  readonly leave: Promise<CallFault | undefined>;
}

/** `store` as one process sees it, stopped wherever the test says. */
export function pausedStore(store: ObjectStore): PausedStore {
  const stops: Stop[] = [];
  const calls: string[] = [];

  function pause(when: Stop["when"], call: StoreCall, part: string): PausedCall {
    const arrival = deferred<void>();
    const leaving = deferred<CallFault | undefined>();
    stops.push({ call, part, when, arrive: () => arrival.resolve(), leave: leaving.promise });
    return { reached: arrival.promise, resume: (fault) => leaving.resolve(fault) };
  }

  async function through<T>(call: StoreCall, key: string, apply: () => Promise<T>): Promise<T> {
    calls.push(`${call} ${key}`);
    const index = stops.findIndex((stop) => stop.call === call && key.includes(stop.part));
    const [stop] = index < 0 ? [] : stops.splice(index, 1);
    if (stop === undefined) return await apply();
    if (stop.when === "before") {
      stop.arrive();
      const fault = await stop.leave;
      if (fault === "before") throw unanswered(call, key);
      const result = await apply();
      if (fault === "after") throw unanswered(call, key);
      return result;
    }
    const result = await apply();
    stop.arrive();
    if ((await stop.leave) !== undefined) throw unanswered(call, key);
    return result;
  }

  return {
    calls,
    pauseBefore: (call, part) => pause("before", call, part),
    pauseAfter: (call, part) => pause("after", call, part),
    get: (key, options) => through("get", key, () => store.get(key, options)),
    head: (key, options) => through("head", key, () => store.head(key, options)),
    put: (key, bytes, condition, options) =>
      through("put", key, () => store.put(key, bytes, condition, options)),
    delete: (key, options) => through("delete", key, () => store.delete(key, options)),
    list: (prefix, options) => through("list", prefix, () => store.list(prefix, options)),
  };
}

export function unanswered(call: string, key: string): ShaleError {
  return new ShaleError("STORE_UNAVAILABLE", `Cannot ${call} ${key}: the test lost the reply`);
}

function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
