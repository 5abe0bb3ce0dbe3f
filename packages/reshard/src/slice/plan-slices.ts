import { coarserPlace, finerPlace, leadingBits, reversedBits } from "@shale/columns";
import type { DayFileCompression, DayFileEntry, DayFileIndex, RowGroupFacts } from "@shale/format";
import { mayBeJoined } from "@shale/format";
import type { Day } from "@shale/model";
import { SHARDS_PER_GROUP } from "@shale/model";
import type { NeededFile, NeededRowGroup } from "../copy/plan-copy-parts.ts";
import type { CopyUnit, SpecPair } from "../copy/plan-units.ts";
import { seqIn } from "../copy/vectors.ts";

/**
 * Rows of a row group that is copied as it is, on the average of those that one file gets. What an
 * even cut has with its two bits more than necessary (docs/formats/day-file.md): a file never gets
 * more row groups than a merge could have given it. Joining small files of many shards would leave
 * a swarm of chunks of a few rows each, that cost a query more than decoding them once costs here.
 */
export const SLICE_ROWS_MIN = 32_768;

/** Whether it is worth a look at the file's end. */
export function mayBeSliced({ rows }: Pick<DayFileEntry, "rows">, pair: SpecPair, rowsMin: number) {
  const shift = shardShiftOf(pair);
  if (shift === undefined) return false;
  return rows >= (shift.kind === "finer" ? rowsMin * 2 ** shift.bits : rowsMin);
}

/** How the users of one spec lie in another one that has 2^bits times as many or as few shards. */
export type ShardShift =
  | { readonly kind: "finer"; readonly bits: number }
  | { readonly kind: "coarser"; readonly bits: number };

/** undefined: the users of a shard are spread. */
export function shardShiftOf({ from, to }: SpecPair): ShardShift | undefined {
  const bits = Math.log2(Math.max(from, to) / Math.min(from, to));
  if (!Number.isInteger(bits) || bits === 0) return undefined;
  return { kind: to > from ? "finer" : "coarser", bits };
}

/** How the places of a source file become those of its target. */
export type PlaceShift = ShardShift & {
  /** Only "coarser": which of the 2^bits shards that become one. */
  readonly part: number;
};

export function shiftedPlace(place: string, { kind, bits, part }: PlaceShift): string {
  return kind === "finer" ? finerPlace(place, bits) : coarserPlace(place, bits, part);
}

/** Row groups of a file that go into a file of one shard of the new spec as they are. */
export interface SlicePart {
  readonly file: OpenedFile;
  /** Numbers, ascending. */
  readonly rowGroups: readonly number[];
  readonly shift: PlaceShift;
}

/** One file of a shard of the new spec; places of its parts ascend, no two meet. */
export interface Slice {
  readonly day: Day;
  readonly shard: number;
  readonly parts: readonly SlicePart[];
}

export interface OpenedFile extends Pick<NeededFile, "unit" | "entry"> {
  readonly index: DayFileIndex;
}

export interface SliceRules {
  readonly pair: SpecPair;
  /** Of the new spec: rows of its shards are wanted. */
  readonly group: number;
  readonly compression: DayFileCompression;
  readonly rowsMin: number;
  /** Of a slice; a row group that is larger stands alone. */
  readonly bytesMax: number;
}

export interface PlannedSlices {
  readonly slices: readonly Slice[];
  /** What has to be decoded. */
  readonly left: readonly NeededFile[];
}

/**
 * Chooses, of files of one UTC day, the row groups that go into files of the new spec without being
 * decoded (protocol S9): all those of a shard of it that a file has, or none of them, so that no
 * row is taken twice.
 */
export function planSlices(files: readonly OpenedFile[], rules: SliceRules): PlannedSlices {
  const shift = shardShiftOf(rules.pair);
  const found: TargetPart[] = [];
  const left: NeededFile[] = [];
  for (const file of files) {
    const targets = shift === undefined ? [] : targetsOf(file, shift, rules);
    const mayBe = shift !== undefined && isWhole(file, rules);
    const taken = targets.filter((target) => mayBe && isSlice(file, target, rules));
    found.push(...taken.map((target) => ({ ...target, file })));
    const rest = restOf(file, targets, taken, shift === undefined);
    if (rest !== undefined) left.push(rest);
  }
  return { slices: slicesOf(found, rules.bytesMax), left };
}

interface Target {
  readonly shard: number;
  readonly shift: PlaceShift;
  readonly rowGroups: readonly number[];
  /** No row group holds users of another shard. */
  readonly isOwn: boolean;
}

interface TargetPart extends Target {
  readonly file: OpenedFile;
}

/** Shards of the group that users of the file may be in, with the row groups that may hold them. */
function targetsOf(
  { unit, index }: OpenedFile,
  shift: ShardShift,
  { pair, group }: SliceRules,
): readonly Target[] {
  const { rowGroups } = index.footer;
  const isWanted = (shard: number): boolean => Math.floor(shard / SHARDS_PER_GROUP) === group;
  if (shift.kind === "coarser") {
    const [shard, part] = [unit.shard % pair.to, Math.floor(unit.shard / pair.to)];
    const all = rowGroups.map((_one, number) => number);
    const target = { shard, shift: { ...shift, part }, rowGroups: all, isOwn: true };
    return isWanted(shard) ? [target] : [];
  }
  const targets = new Map<number, { rowGroups: number[]; isOwn: boolean }>();
  for (const [number, { firstPlace, lastPlace }] of rowGroups.entries()) {
    const first = leadingBits(firstPlace, shift.bits);
    const last = leadingBits(lastPlace, shift.bits);
    for (let range = first; range <= last; range++) {
      const shard = unit.shard + pair.from * reversedBits(range, shift.bits);
      if (!isWanted(shard)) continue;
      const target = targets.get(shard) ?? { rowGroups: [], isOwn: true };
      target.rowGroups.push(number);
      target.isOwn &&= first === last;
      targets.set(shard, target);
    }
  }
  return [...targets].map(([shard, target]) => ({
    ...{ shard, ...target },
    shift: { ...shift, part: 0 },
  }));
}

/** What holds of a file for all of its targets. */
function isWhole({ index }: OpenedFile, { compression }: SliceRules): boolean {
  return index.footer.compression === compression && mayBeJoined(index);
}

function isSlice(
  { unit, index }: OpenedFile,
  { rowGroups, isOwn, shift }: Target,
  { rowsMin }: SliceRules,
): boolean {
  if (!isOwn || !rowGroups.every((number) => isInRange(unit, index.rowGroupFacts?.[number]))) {
    return false;
  }
  const rows = rowGroups.reduce((sum, one) => sum + (index.footer.rowGroups[one]?.rows ?? 0), 0);
  // Alone, a small row group is as good as what decoding it would give.
  const isAlone = shift.kind === "finer" && rowGroups.length === 1;
  return isAlone || rows >= rowsMin * rowGroups.length;
}

/** Whether every row is above `after` and at or below `upTo`. */
function isInRange({ after, upTo }: CopyUnit, facts: RowGroupFacts | undefined): boolean {
  if (facts === undefined) return false;
  return facts.seqs.every(({ writer, min, max }) => {
    const low = after === null ? 0 : seqIn(after, writer);
    return min > low && max <= seqIn(upTo, writer);
  });
}

/** What of the file is not sliced and may hold rows of the group; undefined: nothing. */
function restOf(
  { unit, entry, index }: OpenedFile,
  targets: readonly Target[],
  taken: readonly Target[],
  isSpread: boolean,
): NeededFile | undefined {
  const numbers = index.chunks.map((_group, number) => number);
  const wanted = new Set(
    isSpread
      ? numbers
      : targets.filter((target) => !taken.includes(target)).flatMap((one) => one.rowGroups),
  );
  if (wanted.size === 0) return undefined;
  const rowGroups = numbers
    .filter((number) => wanted.has(number))
    .map((number): NeededRowGroup => ({ number, bytes: groupBytesOf(index, number) }));
  return { unit, entry, rowGroups };
}

export function groupBytesOf({ chunks }: DayFileIndex, number: number): number {
  return (chunks[number] ?? []).reduce((sum, { length }) => sum + length, 0);
}

interface OpenSlice {
  readonly day: Day;
  readonly shard: number;
  bytes: number;
  lastPlace: string;
  readonly parts: SlicePart[];
  /** What follows does not fit: a file after it would lie among its places. */
  isFull: boolean;
}

/** Joins what follows each other in a shard, and cuts what is too large. */
function slicesOf(found: readonly TargetPart[], bytesMax: number): readonly Slice[] {
  const pieces = found.flatMap((part) => piecesOf(part, bytesMax));
  pieces.sort((a, b) => a.shard - b.shard || (a.firstPlace < b.firstPlace ? -1 : 1));
  const slices: OpenSlice[] = [];
  for (const { shard, file, bytes, firstPlace, lastPlace, rowGroups, shift } of pieces) {
    const part = { file, rowGroups, shift };
    const before = slices.find(
      (slice) => slice.shard === shard && !slice.isFull && slice.lastPlace < firstPlace,
    );
    if (before !== undefined && before.bytes + bytes <= bytesMax) {
      before.bytes += bytes;
      before.lastPlace = lastPlace;
      before.parts.push(part);
    } else {
      if (before !== undefined) before.isFull = true;
      slices.push({ day: file.unit.day, shard, bytes, lastPlace, parts: [part], isFull: false });
    }
  }
  return slices.map(({ day, shard, parts }) => ({ day, shard, parts }));
}

interface Piece extends TargetPart {
  readonly bytes: number;
  /** In the new spec. */
  readonly firstPlace: string;
  readonly lastPlace: string;
}

function piecesOf(part: TargetPart, bytesMax: number): readonly Piece[] {
  const { file, shift } = part;
  const stretches: { rowGroups: number[]; bytes: number }[] = [];
  for (const number of part.rowGroups) {
    const bytes = groupBytesOf(file.index, number);
    const last = stretches.at(-1);
    if (last !== undefined && last.bytes + bytes <= bytesMax) {
      last.rowGroups.push(number);
      last.bytes += bytes;
    } else stretches.push({ rowGroups: [number], bytes });
  }
  const { rowGroups: groups } = file.index.footer;
  return stretches.map(({ rowGroups, bytes }) => ({
    ...part,
    ...{ rowGroups, bytes },
    firstPlace: shiftedPlace(groups[rowGroups[0] ?? 0]?.firstPlace ?? "0", shift),
    lastPlace: shiftedPlace(groups[rowGroups.at(-1) ?? 0]?.lastPlace ?? "0", shift),
  }));
}
