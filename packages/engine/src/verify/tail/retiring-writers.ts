import { manifestPrefix } from "@shale/catalog";
import type { CatalogDocument, ManifestDocument } from "@shale/format";
import type { GroupView } from "../group-view.ts";
import { fedGroupsOf } from "../group-view.ts";
import { loadNewestManifest } from "../read-group.ts";
import type { VerifyContext } from "../verify-context.ts";

/**
 * Notes writers that the catalog has retired and a manifest has not: every group had drained their
 * whole tails when they retired, so a live store only has to finish it. A manifest that was copied
 * before that, and a catalog after it, do not belong together: rows in between are in neither.
 */
export async function noteRetiringWriters(
  context: VerifyContext,
  groups: readonly GroupView[],
  catalog: CatalogDocument,
): Promise<void> {
  for (const group of fedGroupsOf(groups, catalog)) {
    if (group.manifest === undefined) continue;
    if (retiringWriterOf(group.manifest, catalog) === undefined) continue;
    // The manifest may have been read before the retirement.
    const newest = await loadNewestManifest(context, group);
    if (newest === undefined || newest === "damaged") continue;
    const writer = retiringWriterOf(newest, catalog);
    if (writer === undefined) continue;
    const object = manifestPrefix(context.project, group.spec, group.group);
    const standing = newest.watermarks.positions[String(writer)]?.n ?? 0;
    const what = `Writer ${writer} is retired, and this group stands at its object ${standing}`;
    const next = "shale collect ends that; a copy of a store may lack rows: make it again";
    context.report.note("RETIRING", object, `${what}; ${next}`);
  }
}

function retiringWriterOf(
  { watermarks }: ManifestDocument,
  { retired }: CatalogDocument,
): number | undefined {
  for (const { from, to } of retired) {
    let writer: number = from;
    while (writer <= to) {
      const range = watermarks.infinite.find((one) => one.from <= writer && writer <= one.to);
      if (range === undefined) return writer;
      writer = range.to + 1;
    }
  }
  return undefined;
}
