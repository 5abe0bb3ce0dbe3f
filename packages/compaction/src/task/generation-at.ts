import { holdsOrdinal } from "@shale/catalog";
import type { CatalogCut } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";

/**
 * The generation of a row: the number of cuts below its seq (protocol S1). A writer that a cut does
 * not name registered after it, so that all of its rows are above.
 */
export function generationAt(
  cuts: readonly CatalogCut[],
  writer: WriterOrdinal,
  seq: number,
): number {
  let count = 0;
  for (const { positions, infinite } of cuts) {
    if (holdsOrdinal(infinite, writer)) continue;
    const lastSeq = positions[String(writer)]?.lastSeq ?? 0;
    if (lastSeq < seq) count++;
  }
  return count;
}
