import type { CatalogDocument, CatalogVector, ManifestDocument } from "@shale/format";
import type { SpecName, WriterOrdinal } from "@shale/model";
import { groupCountOf } from "@shale/model";
import { holdsOrdinal } from "../ordinal-ranges.ts";
import { keptSpecsOf } from "./retired-writers.ts";

/** Manifests by `groupNameOf`. */
export type ManifestsByGroup = ReadonlyMap<string, ManifestDocument>;

export function groupNameOf(spec: SpecName, group: number): string {
  return `${spec}/${group}`;
}

/**
 * By writer, the last tail object that every group of every spec has drained which the tail is
 * kept for: 0 for none, infinity where all say so (protocol C5, W7). The manifests were read
 * before the catalog; of a spec that began in between they say nothing, and it stands at its cut.
 */
export function tailFloorsOf(
  catalog: CatalogDocument,
  manifests: ManifestsByGroup,
): ReadonlyMap<WriterOrdinal, number> {
  const floors = new Map<WriterOrdinal, number>();
  for (const { ordinal } of catalog.writers) {
    let floor = Number.POSITIVE_INFINITY;
    for (const name of keptSpecsOf(catalog)) {
      const first = firstOf(catalog, name, ordinal);
      const shards = catalog.specs.find(({ spec }) => spec === name)?.shards ?? 0;
      for (let group = 0; group < groupCountOf(shards); group++) {
        const manifest = manifests.get(groupNameOf(name, group));
        floor = Math.min(floor, watermarkOf(manifest, ordinal) ?? first);
      }
    }
    // Without a group that says so nothing is drained.
    floors.set(ordinal, keptSpecsOf(catalog).length === 0 ? 0 : floor);
  }
  return floors;
}

/** Where a group stands that says nothing of the writer: at its spec's cut (protocol R1, S1). */
function firstOf(catalog: CatalogDocument, name: SpecName, ordinal: WriterOrdinal): number {
  const cut = catalog.cuts.find(({ spec }) => spec === name);
  return cut === undefined ? 0 : (numberIn(cut, ordinal) ?? 0);
}

/** undefined when the group says nothing of the writer. A closed manifest has drained nothing. */
function watermarkOf(
  manifest: ManifestDocument | undefined,
  ordinal: WriterOrdinal,
): number | undefined {
  if (manifest === undefined) return undefined;
  return manifest.closedMs === null ? numberIn(manifest.watermarks, ordinal) : 0;
}

function numberIn(
  { positions, infinite }: CatalogVector,
  ordinal: WriterOrdinal,
): number | undefined {
  if (holdsOrdinal(infinite, ordinal)) return Number.POSITIVE_INFINITY;
  return positions[String(ordinal)]?.n;
}
