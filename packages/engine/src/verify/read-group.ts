import { crc32 } from "node:zlib";
import { openManifest, pageKey } from "@shale/catalog";
import type { DayFileEntry, ManifestDocument, ManifestPageRef } from "@shale/format";
import { compareEntries, decodeManifestPage } from "@shale/format";
import type { SpecName } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { GroupView } from "./group-view.ts";
import type { ReadContext } from "./verify-context.ts";
import { decoded, readWhole } from "./verify-context.ts";

/** Folds that may replace the pages while they are read. */
const LOOK_COUNT_MAX = 16;

export interface GroupPlace {
  readonly spec: SpecName;
  readonly shards: number;
  readonly group: number;
}

/**
 * The newest manifest of a group and all that its pages list, every page checked. A page that has
 * gone was replaced by a fold, unless the newest manifest still names it.
 *
 * @param fallback What to go on with where the newest version is damaged, which was found before.
 */
export async function readGroup(
  context: ReadContext,
  place: GroupPlace,
  fallback: ManifestDocument | undefined,
): Promise<GroupView> {
  const { report } = context;
  let missing: string | undefined;
  for (let look = 1; look <= LOOK_COUNT_MAX; look++) {
    const newest = await loadNewestManifest(context, place);
    const manifest = newest === "damaged" ? fallback : newest;
    const isWhole = newest !== "damaged";
    if (manifest === undefined) return { ...place, manifest, entries: [], isWhole };
    const pages = await readPages(context, place, manifest.pages);
    if (pages.gone === undefined) {
      const entries = entriesOf(manifest, pages.entries);
      return { ...place, manifest, entries, isWhole: isWhole && pages.isWhole };
    }
    if (pages.gone === missing || !isWhole) {
      report.find(
        "OBJECT_MISSING",
        pages.gone,
        "The newest manifest lists it, and it is not there",
      );
      const entries = entriesOf(manifest, pages.entries);
      return { ...place, manifest, entries, isWhole: false };
    }
    missing = pages.gone;
  }
  throw new ShaleError(
    "PIN_UNSTABLE",
    `Cannot read group ${place.group} of spec ${place.spec}: its pages changed all the time`,
  );
}

/** As the store has it now. "damaged" is found by whoever checks the versions. */
export async function loadNewestManifest(
  { env, project, signal }: ReadContext,
  { spec, group }: Pick<GroupPlace, "spec" | "group">,
): Promise<ManifestDocument | "damaged" | undefined> {
  try {
    return await openManifest(env, { project, spec, group }).loadNewest({ signal });
  } catch (error) {
    if (error instanceof ShaleError && error.kind === "corrupt") return "damaged";
    throw error;
  }
}

interface ReadPages {
  readonly entries: readonly DayFileEntry[];
  readonly isWhole: boolean;
  /** Key of the first page that is not there. */
  readonly gone: string | undefined;
}

async function readPages(
  context: ReadContext,
  { spec, group }: GroupPlace,
  refs: readonly ManifestPageRef[],
): Promise<ReadPages> {
  const entries: DayFileEntry[] = [];
  let isWhole = true;
  let gone: string | undefined;
  for (const ref of refs) {
    const key = pageKey(context.project, spec, group, ref.id);
    const bytes = await readWhole(context, key);
    if (bytes === undefined) {
      gone ??= key;
      continue;
    }
    const page = checkPage(context, key, ref, bytes);
    if (page === undefined) isWhole = false;
    else entries.push(...page);
  }
  return { entries, isWhole, gone };
}

function checkPage(
  context: ReadContext,
  key: string,
  ref: ManifestPageRef,
  bytes: Uint8Array,
): readonly DayFileEntry[] | undefined {
  const page = decoded(context, key, () => decodeManifestPage(bytes, { key }));
  if (page === undefined) return undefined;
  const crc = crc32(bytes).toString(16).padStart(8, "0");
  const found = { bytes: bytes.length, crc, ...page };
  const names = ["bytes", "crc", "entryCount", "firstDay", "lastDay"] as const;
  const wrong = names.find((name) => found[name] !== ref[name]);
  if (wrong === undefined) return page.entries(0, page.entryCount);
  const what = `Its ${wrong} is ${found[wrong]}, its manifest says ${ref[wrong]}`;
  context.report.find("ENTRY_DIFFERS", key, what);
  return undefined;
}

function entriesOf(
  { added, removed }: ManifestDocument,
  paged: readonly DayFileEntry[],
): readonly DayFileEntry[] {
  const gone = new Set(removed);
  return [...paged.filter(({ id }) => !gone.has(id)), ...added].sort(compareEntries);
}
