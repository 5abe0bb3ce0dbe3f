import type { Project } from "@shale/engine";

/** The verbs that a project has once its tail is compacted. */
export interface CompactingVerbs {
  compact(options?: { readonly mode?: "full" | "due" | undefined }): Promise<unknown>;
  collect(options?: {
    readonly graceMs?: number | undefined;
    readonly dryRun?: boolean | undefined;
  }): Promise<unknown>;
  deleteUsers(userIds: readonly string[]): Promise<unknown>;
  setRetention(keep: string | number | null): Promise<unknown>;
  verify(options?: { readonly full?: boolean | undefined }): Promise<{
    readonly ok: boolean;
    readonly findings: readonly unknown[];
  }>;
}

export function compactingVerbsOf(project: Project): Partial<CompactingVerbs> {
  const verbs: object = project;
  return verbs;
}
