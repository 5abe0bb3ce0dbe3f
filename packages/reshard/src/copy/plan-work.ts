import { REWRITE_FACTOR } from "@shale/compaction";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import type { OpenedFile, Slice } from "../slice/plan-slices.ts";
import { planSlices } from "../slice/plan-slices.ts";
import type { CopyRun } from "./copy-run.ts";
import type { CopyPart } from "./plan-copy-parts.ts";
import { planCopyParts } from "./plan-copy-parts.ts";
import type { CopyUnit } from "./plan-units.ts";

/** What a slice holds at its peak, in bytes of its row groups: they, the file, what is read back. */
const SLICE_FACTOR = 4;

/** What is done at a time: rows that are decoded and split, or row groups that are not decoded. */
export type CopyWork = { readonly part: CopyPart } | { readonly slice: Slice };

export interface WorkInput {
  /** Of the new spec. */
  readonly group: number;
  readonly catalog: Pick<CatalogDocument, "tombstones">;
  /** Days ascend. */
  readonly needed: readonly { readonly unit: CopyUnit; readonly entry: DayFileEntry }[];
  /** By id, those whose ends were read. */
  readonly opened: ReadonlyMap<string, OpenedFile>;
}

/** Of each day, what is sliced and what is decoded. */
export function planWork(
  {
    pair,
    jobs,
    bytesMax,
    sliceRowsMin,
  }: Pick<CopyRun, "pair" | "bytesMax" | "sliceRowsMin"> & {
    readonly jobs: Pick<CopyRun["jobs"], "compression">;
  },
  { group, catalog, needed, opened }: WorkInput,
): readonly CopyWork[] {
  const newest = catalog.tombstones.reduce((most, { number }) => Math.max(most, number), 0);
  const days = [...new Set(needed.map(({ unit }) => unit.day))];
  return days.flatMap((day): readonly CopyWork[] => {
    const files = needed.filter(({ unit }) => unit.day === day);
    const known = files.flatMap(({ entry }) => opened.get(entry.id) ?? []);
    // Where a user may have been deleted since, a slice is decoded after all.
    const mayDecode = known.some(({ entry }) => entry.tombstone < newest);
    const { slices, left } = planSlices(known, {
      ...{ pair, group, compression: jobs.compression, rowsMin: sliceRowsMin },
      bytesMax: mayDecode ? bytesMax : (bytesMax * REWRITE_FACTOR) / SLICE_FACTOR,
    });
    const whole = files
      .filter(({ entry }) => !opened.has(entry.id))
      .map((file) => ({ ...file, rowGroups: undefined }));
    const parts = planCopyParts([...whole, ...left], bytesMax);
    return [...slices.map((slice) => ({ slice })), ...parts.map((part) => ({ part }))];
  });
}
