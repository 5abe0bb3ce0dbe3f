import type { ManifestDocument } from "@shale/format";

/** Day files that the manifest lists. */
export function fileCountOf({ pages, added, removed }: ManifestDocument): number {
  return pages.reduce((sum, { entryCount }) => sum + entryCount, added.length - removed.length);
}
