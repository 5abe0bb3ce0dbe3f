import {
  type Append,
  type Appender,
  killAppender,
  startAppender,
  stopAppender,
} from "./appenders.test-support.ts";

/** Writers of which one at a time is killed; the first is never, and its counts can be relied on. */
export interface Writers {
  opened(): Promise<void>;
  /** Rows that were in the store before this call. */
  committed(): number;
  killOne(): Promise<void>;
  killed(): number;
  /** Every append that was acknowledged. */
  stop(): Promise<Append[]>;
}

export function createWriters(root: string): Writers {
  let [started, killed] = [0, 0];
  const ended: Append[] = [];
  function start(): Appender {
    const number = ++started;
    return startAppender({
      ...{ root, project: "shop", name: `w${number}`, first: number * 1_000_000 },
      durability: number % 2 === 1 ? "committed" : "wal",
      batchMax: 12,
      // Rows enough for jobs to be met in their middle; more of them only make each look at all longer.
      pauseMs: 150,
      days: 6,
    });
  }
  const steady = start();
  let current = start();
  return {
    async opened() {
      await Promise.all([steady.opened, current.opened]);
    },
    committed: () => steady.acknowledged.reduce((sum, { from, to }) => sum + to - from, 0),
    async killOne() {
      await killAppender(current);
      ended.push(...current.acknowledged);
      killed++;
      current = start();
    },
    killed: () => killed,
    async stop() {
      await current.opened;
      await Promise.all([stopAppender(steady), stopAppender(current)]);
      return [...ended, ...steady.acknowledged, ...current.acknowledged];
    },
  };
}
