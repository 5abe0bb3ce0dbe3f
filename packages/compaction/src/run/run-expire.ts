import { sumGenerations } from "@shale/columns";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import { planExpiry } from "../plan/plan-expiry.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import type { JobEnd } from "./under-claim.ts";
import { underClaim } from "./under-claim.ts";

/** Drops files of days that are no longer kept (protocol C6): exactly their rows go. */
export async function runExpire(
  run: CompactionRun,
  group: GroupRun,
  { seen, files }: { readonly seen: CatalogDocument; readonly files: readonly DayFileEntry[] },
): Promise<JobEnd> {
  return await underClaim(run, group, { kind: "expire", inputs: files, seen }, async (job) => {
    const expired = planExpiry(files, job.catalog.retention.firstDay, new Set());
    if (expired.length === 0) return undefined;
    const rows = sumGenerations(...expired.map(({ generations }) => generations));
    const inputBytes = expired.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      change: {
        added: [],
        removed: expired.map(({ id }) => id),
        balance: { in: rows, expired: rows },
      },
      step: { inputs: expired.length, inputBytes },
    };
  });
}
