import { dayFileKey } from "@shale/catalog";
import { fanOut } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { GroupView } from "../group-view.ts";
import { readGroup } from "../read-group.ts";
import type { VerifyContext } from "../verify-context.ts";
import type { FileOutcome, ListedFile } from "./check-day-file.ts";
import { checkDayFile } from "./check-day-file.ts";
import { repeatedRowOf } from "./check-rows.ts";

/** Shard-days at a time; with `full` each holds its seqs. */
const SHARD_DAY_CONCURRENCY = 4;

/** Checks every day file of the groups. */
export async function checkFiles(
  context: VerifyContext,
  groups: readonly GroupView[],
  catalog: CatalogDocument,
): Promise<void> {
  const copies: string[] = [];
  for (const group of groups) {
    const fan = { concurrency: SHARD_DAY_CONCURRENCY, signal: context.signal };
    const gone: ListedFile[] = [];
    await fanOut(shardDaysOf(context.project, group), fan, async (files) => {
      const outcomes: FileOutcome[] = [];
      for (const file of files) {
        const outcome = await checkDayFile(context, file, catalog);
        if (!outcome.isThere) gone.push(file);
        if (outcome.isCopy) copies.push(file.key);
        outcomes.push(outcome);
      }
      findRepeats(context, files, outcomes);
    });
    await findMissing(context, group, gone);
  }
  const [first] = copies.sort(); // They come in the order in which their reads ended.
  if (first !== undefined) {
    const what = `${copies.length} day files have another version token than their manifests say`;
    context.report.note("COPIED", first, `${what}; their bytes are right: this store is a copy`);
  }
}

/** The files of each shard and day together, in the order of the entries: by day, then shard. */
function shardDaysOf(
  project: CatalogDocument["project"],
  { spec, shards, entries }: GroupView,
): readonly (readonly ListedFile[])[] {
  const shardDays: ListedFile[][] = [];
  for (const entry of entries) {
    const file = { key: dayFileKey(project, spec, entry), spec, shards, entry };
    const last = shardDays.at(-1);
    const before = last?.[0]?.entry;
    if (before?.day === entry.day && before.shard === entry.shard) last?.push(file);
    else shardDays.push([file]);
  }
  return shardDays;
}

function findRepeats(
  { report, full }: VerifyContext,
  files: readonly ListedFile[],
  outcomes: readonly FileOutcome[],
): void {
  const [first] = files;
  if (!full || first === undefined) return;
  const repeated = repeatedRowOf(outcomes.flatMap(({ seqs }) => seqs ?? []));
  if (repeated === undefined) return;
  const place = first.key.slice(0, first.key.lastIndexOf("/"));
  report.find(repeated.code, first.key, `In ${place}, ${repeated.message}`);
}

/** A file that has gone was merged, unless the newest manifest still lists it (protocol R5). */
async function findMissing(
  context: VerifyContext,
  group: GroupView,
  gone: readonly ListedFile[],
): Promise<void> {
  if (gone.length === 0) return;
  const newest = await readGroup(context, group, group.manifest);
  const listed = new Set(newest.entries.map(({ id }) => id));
  for (const { key, entry } of gone) {
    if (!listed.has(entry.id)) continue;
    context.report.find("OBJECT_MISSING", key, "The newest manifest lists it, and it is not there");
  }
}
