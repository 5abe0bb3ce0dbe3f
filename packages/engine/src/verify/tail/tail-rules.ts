import { holdsOrdinal, tailKey } from "@shale/catalog";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { tailNumber } from "@shale/model";
import type { GroupView } from "../group-view.ts";
import { fedGroupsOf, watermarkOf } from "../group-view.ts";
import type { VerificationFinding } from "../verification.ts";
import type { TailFacts } from "./check-tail-object.ts";

/** One writer's tail as it was listed and read. */
export interface WriterTail {
  readonly writer: WriterOrdinal;
  /** Numbers that stand in the store, ascending, damaged ones too. */
  readonly listed: readonly number[];
  /** Those that can be read, ascending. */
  readonly objects: readonly TailFacts[];
}

/** What the manifests say of the tail. */
export interface TailView {
  readonly project: ProjectId;
  readonly catalog: CatalogDocument;
  /** Of every spec, read after the listing. */
  readonly groups: readonly GroupView[];
}

/**
 * The objects that must stand and were not listed: those above the lowest watermark up to the
 * highest object, and the highest watermark's own, since the last of a writer stays (C5).
 */
export function neededObjectsOf(
  { writer, listed }: Pick<WriterTail, "writer" | "listed">,
  view: TailView,
): readonly number[] {
  const { catalog } = view;
  if (!catalog.writers.some(({ ordinal }) => ordinal === writer)) return [];
  const { low, high } = watermarksOf(writer, view);
  if (low === Number.POSITIVE_INFINITY) return [];
  const top = listed.at(-1) ?? 0;
  if (low >= high && high > top) return [high];
  const needed: number[] = [];
  let next = low + 1;
  for (const n of [...listed.filter((one) => one > low), Math.max(top, high) + 1]) {
    for (; next < n && needed.length < NEEDED_MAX; next++) needed.push(next);
    next = n + 1;
  }
  return needed;
}
/** Of one writer: a wrong watermark may be any number. */
const NEEDED_MAX = 1_000;

/** The lowest and the highest watermark of a writer; infinity and 0 where nothing can be said. */
function watermarksOf(
  writer: WriterOrdinal,
  { catalog, groups }: TailView,
): { readonly low: number; readonly high: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const group of fedGroupsOf(groups, catalog)) {
    if (!group.isWhole && group.manifest === undefined) continue;
    const { n } = watermarkOf(group, writer, catalog);
    low = Math.min(low, n);
    if (n !== Number.POSITIVE_INFINITY) high = Math.max(high, n);
  }
  return { low, high };
}

/** What is wrong with one writer's tail, its objects taken together. Pure. */
export function tailFindingsOf(tail: WriterTail, view: TailView): readonly VerificationFinding[] {
  const findings = [...orderFindings(tail), ...watermarkFindings(tail, view)];
  const unread = unreadFinding(tail, view);
  return unread === undefined ? findings : [...findings, unread];
}

function orderFindings({ objects }: WriterTail): readonly VerificationFinding[] {
  return objects.flatMap(({ key, header }, index): VerificationFinding[] => {
    const before = objects[index - 1]?.header;
    if (before === undefined) return [];
    if (before.sealed) {
      return [finding("TAIL_ORDER", key, `It stands behind the seal ${before.n}`)];
    }
    // Without rows firstSeq is lastSeq + 1: an idle writer's object repeats where it stood.
    if (header.firstSeq > before.lastSeq && header.lastSeq >= before.lastSeq) return [];
    const seqs = `${header.firstSeq} to ${header.lastSeq}`;
    return [
      finding(
        "TAIL_ORDER",
        key,
        `Its seqs ${seqs} do not rise above ${before.lastSeq} of ${before.n}`,
      ),
    ];
  });
}

/** A watermark names the last seq of its object. */
function watermarkFindings(
  { writer, objects }: WriterTail,
  { catalog, groups }: TailView,
): readonly VerificationFinding[] {
  const lastSeqs = new Map(objects.map(({ n, header }) => [n, header.lastSeq]));
  return groups.flatMap((group): VerificationFinding[] => {
    const { n, lastSeq } = watermarkOf(group, writer, catalog);
    const own = lastSeqs.get(n);
    if (own === undefined || own === lastSeq) return [];
    const place = `group ${group.group} of spec ${group.spec}`;
    const key = objects.find((one) => one.n === n)?.key ?? "";
    const what = `It ends at seq ${own}, and the watermark of ${place} says ${lastSeq}`;
    return [finding("WATERMARK_WRONG", key, what)];
  });
}

/** A reader looks only at writers that the catalog lists, above the watermarks. */
function unreadFinding(
  { writer, listed, objects }: WriterTail,
  view: TailView,
): VerificationFinding | undefined {
  const { catalog, project } = view;
  if (catalog.writers.some(({ ordinal }) => ordinal === writer)) return undefined;
  const isRetired = holdsOrdinal(catalog.retired, writer);
  const { low } = watermarksOf(writer, view);
  const from = isRetired ? low : 0;
  const unread = objects.find(({ n, header }) => n > from && header.rowCount > 0);
  const damaged = listed.find((n) => n > from && !objects.some((one) => one.n === n));
  const n = unread?.n ?? damaged;
  if (n === undefined) return undefined;
  const key = tailKey(project, writer, tailNumber(n));
  const why = isRetired
    ? `writer ${writer} is retired, and a group has drained it only up to ${low}`
    : `the catalog does not know writer ${writer}`;
  return finding("TAIL_UNREAD", key, `Nobody reads it: ${why}`);
}

/** Rows of the live spec that stand in the tail alone. */
export function tailRowsOf(tails: readonly WriterTail[], { catalog, groups }: TailView): number {
  const live = groups.filter(({ spec }) => spec === catalog.live);
  let rows = 0;
  for (const { writer, objects } of tails) {
    if (!catalog.writers.some(({ ordinal }) => ordinal === writer)) continue;
    for (const group of live) {
      const { n: watermark } = watermarkOf(group, writer, catalog);
      for (const { n, rowsByGroup } of objects) {
        if (n > watermark) rows += rowsByGroup.get(group.group) ?? 0;
      }
    }
  }
  return rows;
}

function finding(
  code: VerificationFinding["code"],
  object: string,
  message: string,
): VerificationFinding {
  return { code, object, message };
}
