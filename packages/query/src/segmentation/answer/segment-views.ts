import { segmentsAddUp } from "../measure-rules.ts";
import type { SegmentationPart, SegmentationTask } from "../segmentation-part.ts";
import type { FirstCounts, Merging } from "./first-counts.ts";
import { cellsAt } from "./first-counts.ts";
import type { MergedCells } from "./merged-cells.ts";
import { joinSlots, mergeCells } from "./merged-cells.ts";
import type { Numbers } from "./read-cells.ts";
import { readerOf } from "./read-cells.ts";

/** Sends a task to all shards. The order of the parts, and which shards are in one, do not matter. */
export type AskShards = (task: SegmentationTask) => Promise<readonly SegmentationPart[]>;

/** Segments of one series by number: those that are listed, and those counted as one. */
export interface ChosenSegments {
  readonly series: number;
  readonly chosen: readonly number[];
  readonly rest: readonly number[];
}
export interface ViewNumbers {
  readonly chosen: readonly Numbers[];
  /** Of nothing when there is no rest. */
  readonly rest: Numbers;
}

/**
 * The numbers of each view: from the first pass where they follow from it, else by another pass
 * over the rows, now that the segments of the answer are known.
 */
export async function numbersOfViews(
  first: FirstCounts,
  views: readonly ChosenSegments[],
  { ask, merging }: { readonly ask: AskShards; readonly merging: Merging },
): Promise<ViewNumbers[]> {
  const open = views.filter((view) => isOpen(cellsOf(first, view), view));
  const asked = open.map(({ series, chosen }) => ({ series, chosen: chosen.map(first.valuesOf) }));
  const parts = asked.length === 0 ? [] : await ask({ phase: "others", views: asked });
  return views.map((view) => {
    const at = open.indexOf(view);
    const cells = cellsOf(first, view);
    return at < 0 ? fromFirst(cells, view, merging) : fromSecond(parts, { at, view, merging });
  });
}

function cellsOf(first: FirstCounts, { series }: ChosenSegments): MergedCells {
  const cells = first.segmented[series];
  if (cells === undefined) throw new RangeError(`no series ${series}`);
  return cells;
}

/**
 * The rest is one more segment, counted from rows: a user of two segments in it is one user, an
 * event of two is one event. Only where no event is in two do some measures simply add up.
 */
function isOpen(cells: MergedCells, { rest }: ChosenSegments): boolean {
  if (!cells.hasIntervals) return true;
  return rest.length > 0 && (cells.overlaps || !segmentsAddUp(cells.measure));
}

function fromFirst(cells: MergedCells, view: ChosenSegments, { budget }: Merging): ViewNumbers {
  const read = readerOf(cells);
  return {
    chosen: view.chosen.map(read),
    rest: readerOf(joinSlots(cells, view.rest, budget))(0),
  };
}

interface SecondPass {
  /** Which of the views that were asked for. */
  readonly at: number;
  readonly view: ChosenSegments;
  readonly merging: Merging;
}

function fromSecond(
  parts: readonly SegmentationPart[],
  { at, view, merging: { parsed, intervalCount, budget } }: SecondPass,
): ViewNumbers {
  const measure = parsed.series[view.series]?.measure ?? { kind: "total" };
  const placed = parts.map(({ segmented }) => ({
    part: cellsAt(segmented, at),
    slots: undefined,
  }));
  const slotCount = view.chosen.length + 1;
  const { cumulative } = parsed;
  const options = { measure, cumulative, intervalCount, slotCount, keepsAll: true, budget };
  const cells = mergeCells(placed, options);
  const read = readerOf(cells);
  return { chosen: view.chosen.map((_, slot) => read(slot)), rest: read(view.chosen.length) };
}
