import type { Env, ObjectStore } from "@shale/env";

export interface StoreCall {
  readonly what: "get" | "put" | "list" | "head" | "delete";
  readonly key: string;
}
export interface PausedEnv {
  readonly env: Env;
  /** Resolves when the call that is waited for is about to be made. */
  readonly reached: Promise<void>;
  resume(): void;
  readonly calls: readonly StoreCall[];
}

/** The same world, seen by a process that stands still before the first call that `isPoint`. */
export function pausedEnv(
  env: Env,
  isPoint: (call: StoreCall, index: number) => boolean,
): PausedEnv {
  const calls: StoreCall[] = [];
  let isOver = false;
  let [reach, resume] = [() => {}, () => {}];
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const resumed = new Promise<void>((resolve) => {
    resume = resolve;
  });
  async function pass(what: StoreCall["what"], key: string): Promise<void> {
    calls.push({ what, key });
    if (isOver || !isPoint({ what, key }, calls.length - 1)) return;
    isOver = true;
    reach();
    await resumed;
  }
  const store: ObjectStore = {
    async get(key, options) {
      await pass("get", key);
      return await env.store.get(key, options);
    },
    async head(key, options) {
      await pass("head", key);
      return await env.store.head(key, options);
    },
    async put(key, bytes, condition, options) {
      await pass("put", key);
      return await env.store.put(key, bytes, condition, options);
    },
    async delete(key, options) {
      await pass("delete", key);
      return await env.store.delete(key, options);
    },
    async list(prefix, options) {
      await pass("list", prefix);
      return await env.store.list(prefix, options);
    },
  };
  return { env: { ...env, store }, reached, resume, calls };
}

/** Matches the call of number `n`, from 1, that fits. */
export function nth(n: number, fits: (call: StoreCall) => boolean): (call: StoreCall) => boolean {
  let count = 0;
  return (call) => fits(call) && ++count === n;
}

export const isManifestPut = ({ what, key }: StoreCall): boolean =>
  what === "put" && key.includes("/manifest/");
export const isCatalogCall = ({ key }: StoreCall): boolean => key.includes("/catalog/");
