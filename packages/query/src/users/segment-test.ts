import type { SegmentValue } from "@shale/model";
import type { CellSegment } from "../parse/users/parsed-users.ts";

/**
 * Whether a segment is one that a cell means. `listed` are those that the answer lists, as JSON:
 * every other one belongs to the rest.
 */
export function createSegmentTest(
  segment: CellSegment,
  listed: readonly string[],
): (values: readonly SegmentValue[]) => boolean {
  if (segment === "others") {
    const known = new Set(listed);
    return (values) => !known.has(JSON.stringify(values));
  }
  const wanted = JSON.stringify(segment);
  return (values) => JSON.stringify(values) === wanted;
}
