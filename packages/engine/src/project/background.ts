import { COLLECT_GRACE_MS, runCollection } from "@shale/catalog";
import { runCompactionLoop } from "@shale/compaction";
import type { ProjectParts } from "./project-parts.ts";
import { recoverRegularly } from "./recover-dead-logs.ts";

/** Of the memory budget, what a compaction in the background may hold. */
const JOB_SHARE = 0.25;
/** About how often a process that appends looks for garbage. Lower: less space, more listings. */
const COLLECT_INTERVAL_MS = 600_000;

/**
 * What a process that appends does beside: it takes over the logs of the dead, and, unless that is
 * off, compacts and collects. Resolves when `signal` aborts and all of it has ended.
 */
export async function runBackground(
  parts: ProjectParts,
  { compacts, signal }: { readonly compacts: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { env, project, hasher, onWorkers, memoryBytesMax } = parts;
  const works = [recoverRegularly(env, project, signal)];
  if (compacts) {
    const memory = memoryBytesMax * JOB_SHARE;
    works.push(
      runCompactionLoop(env, { project, hasher, onWorkers, memoryBytesMax: memory, signal }),
      collectRegularly(parts, signal),
    );
  }
  await Promise.all(works.map((work) => work.catch((error) => reportFault(parts, error))));
}

/** A fault of the code ends its loop, not the process that only wants to append. */
function reportFault({ env, project }: ProjectParts, error: unknown): void {
  env.logger.error("work in the background ended by a fault", { project, error });
}

async function collectRegularly({ env, project }: ProjectParts, signal: AbortSignal) {
  while (!signal.aborted) {
    const share = 0.5 + env.random.nextU32() / 2 ** 32;
    try {
      await env.clock.sleep(Math.floor(share * COLLECT_INTERVAL_MS), { signal });
      // Nobody asked for it, so it can wait: whoever copies the files meanwhile finds them.
      await runCollection(env, project, { by: "background", graceMs: COLLECT_GRACE_MS, signal });
    } catch (error) {
      if (signal.aborted) return;
      env.logger.warn("a collection failed and is tried again later", { project, error });
    }
  }
}
