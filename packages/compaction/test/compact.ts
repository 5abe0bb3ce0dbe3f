import type { Env } from "@shale/env";
import { compactProject } from "../src/compact-project.ts";
import type { CompactionOptions, CompactionPolicy } from "../src/compaction-options.ts";
import { compactionPolicy } from "../src/compaction-options.ts";
import type { CompactionReport } from "../src/compaction-report.ts";
import { hasher, project } from "./world.ts";

/** Small enough that every rule bites in a test. */
export const smallPolicy: CompactionPolicy = {
  ...compactionPolicy,
  drain: { bytesMin: 1_500, objectCountMin: 2, bytesMax: 4_000, objectCountMax: 3 },
  mergeJobs: { bytesMax: 20_000, inputCountMax: 8 },
};

export async function compact(
  env: Env,
  options: Partial<CompactionOptions> = {},
): Promise<CompactionReport> {
  return await compactProject(env, {
    project,
    hasher,
    mode: "full",
    policy: smallPolicy,
    compression: "none",
    ...options,
  });
}
