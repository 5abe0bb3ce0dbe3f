import { fanOut } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ListedTail } from "../../plan/plan-drains.ts";
import { planDrains, sizeOf } from "../../plan/plan-drains.ts";
import type { GroupTask } from "../compact-group.ts";
import type { CompactionRun, GroupRun } from "../compaction-run.ts";
import { newestCatalog } from "../compaction-run.ts";
import { drainedNumbers } from "../group-positions.ts";
import type { JobResult } from "../under-claim.ts";
import { drainRanges, type RangeRequest } from "./drain-ranges.ts";
import { tailAbove } from "./list-tail.ts";
import { type DrainRounds, mayDrain, runDrain } from "./run-drain.ts";
import { createSharedRounds } from "./shared-rounds.ts";

/** How long a drain by hand waits for one that is under way elsewhere. */
const WAIT_COUNT_MAX = 60;
const WAIT_MS_MAX = 1_000;
/** Groups of a spec that drain together: each has a claim of its own meanwhile. */
const GROUPS_TOGETHER_MAX = 64;

/** The part of `heads` that the group has not drained. */
export async function openTailOf(
  { signal }: CompactionRun,
  { chain, spec }: GroupRun,
  { catalog, heads }: { readonly catalog: CatalogDocument; readonly heads: ListedTail },
): Promise<ListedTail> {
  const manifest = await chain.loadNewest({ signal });
  return tailAbove(heads, drainedNumbers(catalog, spec, manifest));
}

/**
 * Drains groups of one spec until the policy is content; in full, until they have what stood in the
 * tail when `heads` were listed. They read the tail together.
 */
export async function drainGroups(
  run: CompactionRun,
  tasks: readonly GroupTask[],
  heads: ListedTail,
): Promise<void> {
  for (let start = 0; start < tasks.length; start += GROUPS_TOGETHER_MAX) {
    const together = tasks.slice(start, start + GROUPS_TOGETHER_MAX);
    const rounds = createSharedRounds<RangeRequest, JobResult>(together.length, drainRanges);
    const fan = { concurrency: GROUPS_TOGETHER_MAX, signal: run.signal };
    await fanOut(together, fan, async (task, signal) => {
      try {
        await drainGroup({ ...run, signal }, task, { heads, rounds });
      } finally {
        rounds.leave();
      }
    });
  }
}

interface GroupDrain {
  readonly heads: ListedTail;
  readonly rounds: DrainRounds;
}

async function drainGroup(
  run: CompactionRun,
  { group, mode, policy, catalog }: GroupTask,
  { heads, rounds }: GroupDrain,
): Promise<void> {
  let waitCount = 0;
  for (;;) {
    const tail = await openTailOf(run, group, { catalog, heads });
    const [drain] = planDrains([{ group: group.group, tail }], { ...policy.drain, mode });
    if (drain === undefined || !mayDrain(catalog, group)) return;
    const before = sizeOf(tail).objectCount;
    const end = await runDrain(run, group, { seen: catalog, heads, limits: policy.drain, rounds });
    if (end === "committed") continue;
    if (end === "stopped" && !mayDrain(await newestCatalog(run), group)) return;
    if (mode === "due" || ++waitCount > WAIT_COUNT_MAX) return;
    const now = sizeOf(await openTailOf(run, group, { catalog, heads })).objectCount;
    if (now < before) waitCount = 0; // Somebody else gets on with it.
    const waitMs = Math.floor((run.env.random.nextU32() / 2 ** 32) * WAIT_MS_MAX);
    rounds.leave();
    try {
      await run.env.clock.sleep(waitMs, { signal: run.signal });
    } finally {
      rounds.enter();
    }
  }
}
