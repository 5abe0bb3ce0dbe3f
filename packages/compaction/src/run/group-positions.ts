import { holdsOrdinal } from "@shale/catalog";
import type { CatalogDocument, CatalogVector, ManifestDocument } from "@shale/format";
import type { SpecName, WriterOrdinal } from "@shale/model";

/** Where the groups of a spec stand that never had a manifest: its cut (protocol R1, S1). */
export function firstVector(catalog: CatalogDocument, spec: SpecName): CatalogVector {
  const cut = catalog.cuts.find((one) => one.spec === spec);
  return { positions: cut?.positions ?? {}, infinite: cut?.infinite ?? [] };
}

/**
 * The last tail object of each writer that the group has drained, 0 for none. Writers whose
 * watermark is infinity are left out: there is nothing to drain.
 */
export function drainedNumbers(
  catalog: CatalogDocument,
  spec: SpecName,
  manifest: ManifestDocument | undefined,
): ReadonlyMap<WriterOrdinal, number> {
  const first = firstVector(catalog, spec);
  const own = manifest?.watermarks ?? first;
  const numbers = new Map<WriterOrdinal, number>();
  for (const { ordinal } of catalog.writers) {
    if (holdsOrdinal(own.infinite, ordinal)) continue;
    const position = own.positions[String(ordinal)];
    if (position !== undefined) numbers.set(ordinal, position.n);
    else if (!holdsOrdinal(first.infinite, ordinal)) {
      numbers.set(ordinal, first.positions[String(ordinal)]?.n ?? 0);
    }
  }
  return numbers;
}
