import type { DayFileEntry } from "@shale/format";
import type { Day } from "@shale/model";
import type { CopyUnit } from "./plan-units.ts";

/** A file of the old spec that is to be copied. */
export interface NeededFile {
  readonly unit: CopyUnit;
  readonly entry: DayFileEntry;
  /** Those of its row groups that are needed, ascending; undefined: it is read whole. */
  readonly rowGroups: readonly NeededRowGroup[] | undefined;
}

export interface NeededRowGroup {
  readonly number: number;
  readonly bytes: number;
}

/** Such a file, or some of its row groups. */
export interface FilePart extends Omit<NeededFile, "rowGroups"> {
  /** Numbers of row groups, ascending; undefined: the whole file. */
  readonly rowGroups: readonly number[] | undefined;
  readonly bytes: number;
}

/** What is decoded and split together: of one UTC day. */
export interface CopyPart {
  readonly day: Day;
  readonly files: readonly FilePart[];
}

/**
 * Cuts files into parts of one day and at most so many bytes; a row group that is larger stands
 * alone. Files of a day stay together where they fit: a shard gets one file of each part.
 *
 * @param needed Days ascend.
 */
export function planCopyParts(
  needed: readonly NeededFile[],
  bytesMax: number,
): readonly CopyPart[] {
  const parts: { day: Day; bytes: number; files: FilePart[] }[] = [];
  for (const file of needed.flatMap((one) => piecesOf(one, bytesMax))) {
    const { day } = file.unit;
    const last = parts.at(-1);
    if (last?.day === day && last.bytes + file.bytes <= bytesMax) {
      last.bytes += file.bytes;
      last.files.push(file);
    } else parts.push({ day, bytes: file.bytes, files: [file] });
  }
  return parts;
}

function piecesOf({ unit, entry, rowGroups }: NeededFile, bytesMax: number): readonly FilePart[] {
  if (rowGroups === undefined) {
    return [{ unit, entry, rowGroups: undefined, bytes: entry.bytes }];
  }
  const pieces: { rowGroups: number[]; bytes: number }[] = [];
  for (const { number, bytes } of rowGroups) {
    const last = pieces.at(-1);
    if (last !== undefined && last.bytes + bytes <= bytesMax) {
      last.rowGroups.push(number);
      last.bytes += bytes;
    } else pieces.push({ rowGroups: [number], bytes });
  }
  return pieces.map((piece) => ({ unit, entry, ...piece }));
}
