import { loadEntries, movedTo } from "@shale/catalog";
import type { GroupRun } from "@shale/compaction";
import { firstVector } from "@shale/compaction";
import { fanOut } from "@shale/env";
import type { CatalogDocument, CatalogVector, DayFileEntry, ManifestDocument } from "@shale/format";
import type { Day } from "@shale/model";
import { dayOf } from "@shale/model";
import type { CopyRun } from "./copy-run.ts";
import { operationIn } from "./copy-run.ts";
import type { SourceDay } from "./plan-units.ts";
import { cappedBy } from "./vectors.ts";

const READ_CONCURRENCY = 16;

/** One group of the old spec as its newest manifest has it. */
export interface SourceGroup {
  readonly group: GroupRun;
  readonly manifest: ManifestDocument | undefined;
  readonly entries: readonly DayFileEntry[];
}

/**
 * The manifests of the old spec with the files of some days. Read before the catalog that caps them
 * (protocol S2): a cut that is taken later lies at or above their watermarks.
 *
 * @throws {ShaleError} PIN_UNSTABLE when a page was replaced meanwhile: read again
 */
export async function readSourceGroups(
  { jobs, sources }: CopyRun,
  days: ReadonlySet<Day> | "all",
): Promise<readonly SourceGroup[]> {
  const { env, memo } = jobs;
  const wanted = days === "all" ? [] : [...days].sort((a, b) => a - b);
  const [first, last] = [wanted[0] ?? dayOf(0), wanted.at(-1) ?? dayOf(0)];
  const range = days === "all" ? ("all" as const) : { fromDay: first, toDay: last };
  const fan = { concurrency: READ_CONCURRENCY, signal: jobs.signal };
  return await fanOut(sources, fan, async (group, signal) => {
    const manifest = await group.chain.loadNewest({ signal });
    if (manifest === undefined) return { group, manifest, entries: [] };
    const entries = await loadEntries(env, manifest, range, { pages: memo.pages, signal });
    return {
      group,
      manifest,
      entries: entries.filter(({ day }) => days === "all" || days.has(day)),
    };
  });
}

/**
 * The days of every source shard, with what is to be copied of each: ahead of the cut what is older
 * than the frozen horizon, afterwards everything at or below the cut. Days that are no longer kept
 * are left out.
 */
export function sourceDaysOf(
  groups: readonly SourceGroup[],
  catalog: CatalogDocument,
): readonly SourceDay[] {
  const { source, spec, state, horizonDay } = operationIn(catalog);
  const cut = catalog.cuts.find((one) => one.spec === spec);
  const isAhead = state === "copying";
  const { firstDay } = catalog.retention;
  const first = firstVector(catalog, source);
  return groups.flatMap(({ manifest, entries }) => {
    if (manifest === undefined) return [];
    const watermarks = movedTo(first, manifest.watermarks);
    const upTo = cut === undefined ? watermarks : cappedBy(watermarks, cut);
    const kept = entries.filter(
      ({ day }) =>
        (firstDay === null || day >= firstDay) &&
        !(isAhead && horizonDay !== null && day >= horizonDay),
    );
    return daysOf(kept, upTo);
  });
}

function daysOf(entries: readonly DayFileEntry[], upTo: CatalogVector): readonly SourceDay[] {
  const days = new Map<string, { shard: number; day: Day; files: DayFileEntry[] }>();
  for (const entry of entries) {
    const { shard, day } = entry;
    const name = `${shard}/${day}`;
    const known = days.get(name);
    if (known === undefined) days.set(name, { shard, day, files: [entry] });
    else known.files.push(entry);
  }
  return [...days.values()].map((one) => ({ ...one, upTo }));
}
