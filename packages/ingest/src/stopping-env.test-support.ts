import type { Disk, Env, LogFile, ObjectStore } from "@shale/env";
import type { SimulatedEnv } from "@shale/testing";

/** One call across the border of a process, at which it is stopped. */
export interface StoppingPoint {
  /** 1-based among all calls of the process through the returned env. */
  readonly at: number;
  readonly when: "before" | "after";
}

export interface StoppingEnv extends Env {
  /** Resolves when the point is reached. */
  readonly stopped: Promise<void>;
  readonly callCount: number;
}

/** `env`, whose process stops as by SIGSTOP at one call, before or after its effect. */
export function stoppingEnv(env: SimulatedEnv, point: StoppingPoint | undefined): StoppingEnv {
  let callCount = 0;
  let tellStopped = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    tellStopped = resolve;
  });
  async function call<T>(act: () => Promise<T>): Promise<T> {
    callCount++;
    const isHere = callCount === point?.at;
    function stop(): void {
      env.pause();
      tellStopped();
    }
    if (isHere && point?.when === "before") stop();
    const result = await act();
    if (isHere && point?.when === "after") {
      stop();
      await env.clock.sleep(0); // Passes the gate only when the process goes on.
    }
    return result;
  }
  function logFile(file: LogFile): LogFile {
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      append: (chunks) => call(() => file.append(chunks)),
      sync: () => call(() => file.sync()),
      close: () => call(() => file.close()),
    };
  }
  const store: ObjectStore = {
    get: (key, options) => call(() => env.store.get(key, options)),
    head: (key, options) => call(() => env.store.head(key, options)),
    put: (key, bytes, condition, options) =>
      call(() => env.store.put(key, bytes, condition, options)),
    delete: (key, options) => call(() => env.store.delete(key, options)),
    list: (prefix, options) => call(() => env.store.list(prefix, options)),
  };
  const disk: Disk = {
    makeFolder: (path) => call(() => env.disk.makeFolder(path)),
    listNames: (path) => call(() => env.disk.listNames(path)),
    createLog: (path) => call(async () => logFile(await env.disk.createLog(path))),
    readFile: (path) => call(() => env.disk.readFile(path)),
    exists: (path) => call(() => env.disk.exists(path)),
    createMarker: (path, bytes) => call(() => env.disk.createMarker(path, bytes)),
    removeFile: (path) => call(() => env.disk.removeFile(path)),
    removeFolder: (path) => call(() => env.disk.removeFolder(path)),
  };
  const { clock, random, logger, processes, workers } = env;
  return {
    ...{ clock, random, logger, processes, workers, store, disk, stopped },
    get callCount() {
      return callCount;
    },
  };
}
