import type { CatalogDocument } from "@shale/format";
import type { ListedTail } from "../plan/plan-drains.ts";
import { planDrains, sizeOf } from "../plan/plan-drains.ts";
import type { GroupTask } from "./compact-group.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { newestCatalog } from "./compaction-run.ts";
import { drainedNumbers } from "./group-positions.ts";
import { tailAbove } from "./list-tail.ts";
import { mayDrain, runDrain } from "./run-drain.ts";

/** How long a drain by hand waits for one that is under way elsewhere. */
const WAIT_COUNT_MAX = 60;
const WAIT_MS_MAX = 1_000;

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
 * Drains a group until the policy is content; in full, until it has what stood in the tail when
 * `heads` were listed.
 */
export async function drainGroup(
  run: CompactionRun,
  { group, mode, policy, catalog }: GroupTask,
  heads: ListedTail,
): Promise<void> {
  let waitCount = 0;
  for (;;) {
    const tail = await openTailOf(run, group, { catalog, heads });
    const [drain] = planDrains([{ group: group.group, tail }], { ...policy.drain, mode });
    if (drain === undefined || !mayDrain(catalog, group)) return;
    const before = sizeOf(tail).objectCount;
    const end = await runDrain(run, group, { seen: catalog, heads, limits: policy.drain });
    if (end === "committed") continue;
    if (end === "stopped" && !mayDrain(await newestCatalog(run), group)) return;
    if (mode === "due" || ++waitCount > WAIT_COUNT_MAX) return;
    const now = sizeOf(await openTailOf(run, group, { catalog, heads })).objectCount;
    if (now < before) waitCount = 0; // Somebody else gets on with it.
    const waitMs = Math.floor((run.env.random.nextU32() / 2 ** 32) * WAIT_MS_MAX);
    await run.env.clock.sleep(waitMs, { signal: run.signal });
  }
}
