import { holdsOrdinal } from "@shale/catalog";
import type {
  CatalogDocument,
  CatalogPosition,
  CatalogVector,
  DayFileEntry,
  ManifestDocument,
} from "@shale/format";
import type { SpecName, WriterOrdinal } from "@shale/model";
import { groupCountOf } from "@shale/model";

/** One group of a spec as its newest manifest shows it. */
export interface GroupView {
  readonly spec: SpecName;
  readonly shards: number;
  readonly group: number;
  /** undefined for a group that never had one. */
  readonly manifest: ManifestDocument | undefined;
  readonly entries: readonly DayFileEntry[];
  /** False where the newest manifest or a page cannot be read: nothing follows from what it lacks. */
  readonly isWhole: boolean;
}

/** The groups of one spec by number. */
export function groupsOfSpec(shards: number): readonly number[] {
  return Array.from({ length: groupCountOf(shards) }, (_, group) => group);
}

const NOWHERE: CatalogPosition = { n: 0, lastSeq: 0 };
const INFINITE: CatalogPosition = {
  n: Number.POSITIVE_INFINITY,
  lastSeq: Number.POSITIVE_INFINITY,
};

/**
 * How far the group has drained a writer's tail: infinity for a retired one, its spec's cut where
 * the group says nothing (protocol R1, S1).
 */
export function watermarkOf(
  { spec, manifest }: Pick<GroupView, "spec" | "manifest">,
  writer: WriterOrdinal,
  { cuts }: CatalogDocument,
): CatalogPosition {
  const own = manifest === undefined ? undefined : positionIn(manifest.watermarks, writer);
  const cut = cuts.find((one) => one.spec === spec);
  return own ?? (cut === undefined ? undefined : positionIn(cut, writer)) ?? NOWHERE;
}

function positionIn(
  { positions, infinite }: CatalogVector,
  writer: WriterOrdinal,
): CatalogPosition | undefined {
  return holdsOrdinal(infinite, writer) ? INFINITE : positions[String(writer)];
}

/** The groups whose watermarks decide what of the tail is still needed (protocol C5). */
export function fedGroupsOf(
  groups: readonly GroupView[],
  { fed, behind }: CatalogDocument,
): readonly GroupView[] {
  const isLeft = (name: SpecName): boolean =>
    behind.some(({ spec, catchUp }) => spec === name && catchUp === null);
  return groups.filter(({ spec }) => fed.includes(spec) && !isLeft(spec));
}
