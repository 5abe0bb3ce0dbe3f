import { DAY_MS } from "@shale/model";
import type { ScanBatch, TextCodes } from "@shale/scan";
import type { QueryRun } from "../query-run.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";

export interface HistoryOptions {
  readonly fromMs: number;
  readonly timeoutMs: number;
  readonly budget: MemoryBudget;
}

/**
 * Where to begin to read so that every session of [fromMs, …) is seen from its start. A session is
 * at most a day long, but where one ends and the next begins follows from where an unbroken chain
 * of events began: as long as one may reach further back, so does the search.
 */
export async function sessionHistoryFrom(
  run: QueryRun,
  { fromMs, timeoutMs, budget }: HistoryOptions,
): Promise<number> {
  const firstDayMs = Math.floor(fromMs / DAY_MS) * DAY_MS;
  for (let days = 1; ; days *= 2) {
    const startMs = firstDayMs - days * DAY_MS;
    const chains = createChains({ startMs, fromMs, timeoutMs }, budget);
    if (!(await hasOpenChain(run, chains, { fromMs: startMs, toMs: fromMs }))) return startMs;
    const { minTimeMs } = run.stats;
    if (minTimeMs === null || minTimeMs >= startMs) return startMs;
  }
}

async function hasOpenChain(
  run: QueryRun,
  chains: Chains,
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<boolean> {
  const scan = { ...range, columns: [], order: "user" } as const;
  for await (const batch of run.scan(scan, "look back")) {
    if (chains.add(batch)) return true;
  }
  return chains.isOpen();
}

interface Chains {
  /** True when a shard has ended that has an open chain. */
  add(batch: ScanBatch): boolean;
  isOpen(): boolean;
}

interface ChainRange {
  readonly startMs: number;
  readonly fromMs: number;
  readonly timeoutMs: number;
}

/** By user, the chain of events without a long gap that is the last before `fromMs`. */
function createChains({ startMs, fromMs, timeoutMs }: ChainRange, budget: MemoryBudget): Chains {
  const holder = {};
  let users: TextCodes | undefined;
  let firstsMs = new Float64Array(0);
  let lastsMs = new Float64Array(0);

  /** A chain that reaches the range, and whose first event may have one before it. */
  function isOpen(): boolean {
    for (let user = 0; user < lastsMs.length; user++) {
      const firstMs = firstsMs[user] ?? Number.NaN;
      const lastMs = lastsMs[user] ?? Number.NaN;
      if (fromMs - lastMs <= timeoutMs && firstMs - startMs <= timeoutMs) return true;
    }
    return false;
  }
  function makeRoom(count: number): void {
    if (lastsMs.length >= count) return;
    budget.hold(holder, 32 * count);
    const [firsts, lasts] = [firstsMs, lastsMs];
    firstsMs = new Float64Array(2 * count).fill(Number.NaN);
    lastsMs = new Float64Array(2 * count).fill(Number.NaN);
    firstsMs.set(firsts);
    lastsMs.set(lasts);
  }
  return {
    isOpen,
    add(batch) {
      if (users !== batch.users) {
        if (isOpen()) return true;
        users = batch.users;
        firstsMs = new Float64Array(0);
        lastsMs = new Float64Array(0);
      }
      makeRoom(batch.users.count);
      const nobody = batch.users.codeOf("");
      const { userCodes, timesMs } = batch;
      for (let row = 0; row < batch.rowCount; row++) {
        const user = userCodes[row] ?? 0;
        const atMs = timesMs[row] ?? 0;
        if (user === nobody || atMs >= fromMs) continue;
        if (!(atMs - (lastsMs[user] ?? Number.NaN) <= timeoutMs)) firstsMs[user] = atMs;
        lastsMs[user] = atMs;
      }
      return false;
    },
  };
}
