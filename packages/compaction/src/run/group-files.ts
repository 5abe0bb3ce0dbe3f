import { loadEntries } from "@shale/catalog";
import type { DayFileEntry, ManifestDocument } from "@shale/format";
import { runWithPin } from "@shale/scan";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";

/** The files of a group, and those of them that are the inputs of a standing job. */
export interface GroupFiles {
  readonly manifest: ManifestDocument | undefined;
  readonly entries: readonly DayFileEntry[];
  readonly claimed: ReadonlySet<string>;
}

/** As the newest manifest lists them. @throws {ShaleError} OBJECT_MISSING, STORE_UNAVAILABLE */
export async function loadGroupFiles(run: CompactionRun, group: GroupRun): Promise<GroupFiles> {
  const { env, memo, signal } = run;
  const { pages } = memo;
  // A fold may replace pages, and the collector take them, between the two reads.
  return await runWithPin(
    () => group.chain.loadNewest({ signal }),
    async (manifest) => ({
      manifest,
      entries:
        manifest === undefined ? [] : await loadEntries(env, manifest, "all", { pages, signal }),
      claimed: new Set(manifest?.claims.flatMap(({ inputs }) => inputs)),
    }),
  );
}
