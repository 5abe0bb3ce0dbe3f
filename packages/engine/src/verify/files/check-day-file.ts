import { isDeepStrictEqual } from "node:util";
import { crc32 } from "node:zlib";
import { hashUsers } from "@shale/columns";
import type { CatalogDocument, DayFileEntry, DayFileFooter, DayFileIndex } from "@shale/format";
import { decodeDayFileRows, eventHashesOf, openDayFile, planDayFileRead } from "@shale/format";
import type { SpecName } from "@shale/model";
import { invariant } from "@shale/model";
import type { VerifyContext } from "../verify-context.ts";
import { decoded } from "../verify-context.ts";
import type { RowCheck, SeqsByWriter } from "./check-rows.ts";
import { createRowCheck } from "./check-rows.ts";
import type { FileBytes } from "./read-file-bytes.ts";
import { readFileBytes, textOf } from "./read-file-bytes.ts";

/** A day file that the newest manifest lists. */
export interface ListedFile {
  readonly key: string;
  readonly spec: SpecName;
  readonly shards: number;
  readonly entry: DayFileEntry;
}

/** What became of one. */
export interface FileOutcome {
  readonly isThere: boolean;
  /** It is what the entry says, and the store names it by another token: it was copied. */
  readonly isCopy: boolean;
  /** Of its rows, with `full`; undefined where they could not be read. */
  readonly seqs: SeqsByWriter | undefined;
}

/** Checks the object against its entry, and with `full` all its rows against both. */
export async function checkDayFile(
  context: VerifyContext,
  file: ListedFile,
  catalog: CatalogDocument,
): Promise<FileOutcome> {
  const { key, entry } = file;
  const bytes = await readFileBytes(context, key, entry);
  if (bytes === undefined) return { isThere: false, isCopy: false, seqs: undefined };
  const index = checkObject(context, file, bytes);
  const isCopy = index !== undefined && bytes.token !== entry.token;
  if (index === undefined || !context.full) return { isThere: true, isCopy, seqs: undefined };
  // What was found to need no change was not written again: the entry alone says so (D2).
  const check = createRowCheck({ ...index.footer, tombstone: entry.tombstone }, catalog);
  const read = await readRows(context, { file, bytes, index }, check);
  if (read === "gone") return { isThere: false, isCopy, seqs: undefined };
  if (read === "damaged") return { isThere: true, isCopy, seqs: undefined };
  for (const { code, message } of check.finish()) {
    context.report.find(code, key, `Of its rows: ${message}`);
  }
  return { isThere: true, isCopy, seqs: check.seqs };
}

/** The file's index where the object is what the entry says. */
function checkObject(
  context: VerifyContext,
  file: ListedFile,
  bytes: FileBytes,
): DayFileIndex | undefined {
  const { key, entry } = file;
  const found = { bytes: bytes.size, crc: bytes.crc, footerCrc: textOf(crc32(bytes.footer)) };
  const names = ["bytes", "crc", "footerCrc"] as const;
  const wrong = names.find((name) => found[name] !== entry[name]);
  if (wrong !== undefined) {
    const what = `Its ${wrong} is ${found[wrong]}, its manifest says ${entry[wrong]}`;
    context.report.find("ENTRY_DIFFERS", key, what);
    return undefined;
  }
  const { size, footer } = bytes;
  const index = decoded(context, key, () => openDayFile(footer, { key, size }));
  if (index === undefined) return undefined;
  const difference = footerDifferenceOf(context.project, file, index.footer);
  if (difference === undefined) return index;
  const { code, what } = difference;
  context.report.find(code, key, `Its footer and its manifest disagree: ${what}`);
  return undefined;
}

/** Where the footer says something else than the entry. */
export function footerDifferenceOf(
  project: string,
  { spec, shards, entry }: Pick<ListedFile, "spec" | "shards" | "entry">,
  footer: DayFileFooter,
): { readonly code: "OBJECT_MISPLACED" | "ENTRY_DIFFERS"; readonly what: string } | undefined {
  const { id: _id, bytes: _bytes, crc: _crc, token: _token, ...said } = entry;
  const { footerBytes: _footerBytes, footerCrc: _footerCrc, tombstone, ...others } = said;
  const { eventHashes, ...facts } = others;
  const wanted: Partial<DayFileFooter> = { project, spec, shards, ...facts };
  if (footer.tombstone > tombstone) {
    const what = `tombstone ${footer.tombstone}, above ${tombstone}`;
    return { code: "ENTRY_DIFFERS", what };
  }
  const hashes = eventHashesOf(footer.events.map(({ event }) => event));
  if (eventHashes !== undefined && eventHashes !== hashes) {
    return { code: "ENTRY_DIFFERS", what: `events ${hashes}, not ${eventHashes}` };
  }
  const places: readonly string[] = ["project", "spec", "shards", "shard", "day"];
  for (const name of Object.keys(wanted) as (keyof DayFileFooter)[]) {
    if (isDeepStrictEqual(footer[name], wanted[name])) continue;
    const what = `${name} ${JSON.stringify(footer[name])}, not ${JSON.stringify(wanted[name])}`;
    return { code: places.includes(name) ? "OBJECT_MISPLACED" : "ENTRY_DIFFERS", what };
  }
  return undefined;
}

interface OpenedFile {
  readonly file: ListedFile;
  readonly bytes: FileBytes;
  readonly index: DayFileIndex;
}

/** Decodes one row group after the other, so that the largest file takes little memory. */
async function readRows(
  context: VerifyContext,
  { file, bytes, index }: OpenedFile,
  check: RowCheck,
): Promise<"read" | "gone" | "damaged"> {
  const { key } = file;
  for (const [number, group] of index.footer.rowGroups.entries()) {
    context.signal?.throwIfAborted();
    const selection = { places: true, properties: "all", rowGroups: [number] } as const;
    const parts: Uint8Array[] = [];
    for (const range of planDayFileRead(index, selection)) {
      const part = await bytes.read(range);
      if (part === undefined) return "gone";
      parts.push(part);
    }
    const rows = decoded(context, key, () => decodeDayFileRows(index, selection, parts, { key }));
    if (rows === undefined) return "damaged";
    const { userIds, places, ...columns } = rows;
    invariant(places !== undefined, "rows come with the places that were asked for");
    const users = hashUsers(context.hasher, userIds);
    // Of a single one the footer itself tells, which is compared at the end.
    const told = index.chunks.length > 1 ? index.rowGroupFacts?.[number] : undefined;
    check.add({ ...columns, ...places, users }, group, told);
  }
  return "read";
}
