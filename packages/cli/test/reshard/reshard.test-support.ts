import type { OpenStore } from "@shale/cli";
import type { Store } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { ObjectStore } from "@shale/env";
import { memoryDisk, memoryStore, systemClock } from "@shale/env";
import { type EventInput, ShaleError } from "@shale/model";
import type { Run, RunSettings } from "../cli.test-support.ts";
import { NOW_MS, run } from "../cli.test-support.ts";

const DAY_MS = 86_400_000;

/** Events of three days before now, of 17 users. */
export function eventsOf(first: number, count: number): EventInput[] {
  return Array.from({ length: count }, (_, index) => {
    const n = first + index;
    return {
      event: n % 3 === 0 ? "purchase" : "view",
      user_id: `u${n % 17}`,
      time: NOW_MS - 3 * DAY_MS + ((n * 7_919_000) % (3 * DAY_MS)),
      insert_id: `i${n}`,
      properties: { n },
    };
  });
}

export interface Shop {
  /** Runs `shale reshard …` on the store. */
  readonly reshard: (argv: readonly string[], settings?: RunSettings) => Promise<Run>;
  readonly run: (argv: readonly string[], settings?: RunSettings) => Promise<Run>;
  readonly store: Store;
  /** While it is true, nothing can be put below this prefix of keys. */
  readonly refuse: (prefix: string | undefined) => void;
}

/** A store in memory which every command finds open: two shards, 60 events, all in day files. */
export async function openShop(count = 60): Promise<Shop> {
  let refused: string | undefined;
  const kept = memoryStore();
  const objects: ObjectStore = {
    ...kept,
    put: async (key, ...rest) => {
      if (refused === undefined || !key.includes(refused)) return await kept.put(key, ...rest);
      throw new ShaleError("STORE_READ_ONLY", `Cannot put ${key}: this test refuses it`);
    },
  };
  const store = await openStore({
    ...{ store: objects, disk: memoryDisk(), workerCount: 0 },
    ...{
      compaction: "off",
      flushIntervalMs: 3_600_000,
      clock: { ...systemClock(), nowMs: () => NOW_MS },
    },
  });
  const project = await store.project("default", { shards: 2 });
  await project.append(eventsOf(0, count));
  await project.flush();
  await project.compact();
  const close = async (): Promise<void> => {};
  const shown: Store = { ...store, close, [Symbol.asyncDispose]: close };
  const open: OpenStore = async () => shown;
  const runOn: Shop["run"] = (argv, settings = {}) => run(argv, { ...settings, openStore: open });
  return {
    run: runOn,
    reshard: (argv, settings) => runOn(["reshard", ...argv], settings),
    store,
    refuse: (prefix) => {
      refused = prefix;
    },
  };
}
