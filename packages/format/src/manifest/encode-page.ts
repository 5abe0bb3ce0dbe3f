import { crc32 } from "node:zlib";
import { invariant } from "@shale/model";
import { checkPlatform, viewOf } from "../little-endian.ts";
import { claimOfOutput, compareEntries, numberOfOutput } from "./day-file-id.ts";
import { entryRowOf } from "./entry-row.ts";
import type { DayFileEntry } from "./manifest-document.ts";
import type { PageColumns, PageCounts } from "./page-layout.ts";
import {
  MANIFEST_PAGE_FORMAT_VERSION,
  PAGE_BODY_CRC_AT,
  PAGE_HEADER_BYTES,
  PAGE_HEADER_CRC_AT,
  PAGE_MAGIC,
  pageBytesOf,
  pageColumnsOf,
} from "./page-layout.ts";

/**
 * The bytes of a page with these entries: one at least, no id twice. They may come in any order and
 * are written by (day, shard, id).
 *
 * @see docs/formats/manifest.md
 */
export function encodeManifestPage(entries: readonly DayFileEntry[]): Uint8Array {
  checkPlatform();
  const sorted = [...entries].sort(compareEntries);
  const [first, last] = [sorted[0], sorted.at(-1)];
  invariant(first !== undefined && last !== undefined, "a page has an entry at least");
  for (const [i, entry] of sorted.entries()) {
    entryRowOf(entry, { key: "the page to be written", path: `entries[${i}]` }); // Checks it.
    invariant(i === 0 || entry.id !== sorted[i - 1]?.id, `a page lists ${entry.id} once`);
  }
  const claims = [...new Set(sorted.map(({ id }) => claimOfOutput(id)))].sort();
  const tokens = Buffer.from(sorted.map(({ token }) => token).join(""), "utf8");
  const counts: PageCounts = {
    entries: sorted.length,
    claims: claims.length,
    generations: sorted.reduce((sum, { generations }) => sum + generations.length, 0),
    seqs: sorted.reduce((sum, { seqs }) => sum + seqs.length, 0),
    tokenBytes: tokens.length,
    eventHashes: sorted.reduce((sum, { eventHashes = "" }) => sum + eventHashes.length / 4, 0),
  };
  const page = new Uint8Array(pageBytesOf(counts));
  const columns = pageColumnsOf(page, counts);
  columns.claims.set(Buffer.from(claims.join(""), "hex"));
  columns.tokens.set(tokens);
  fillEntries(columns, sorted, new Map(claims.map((claim, code) => [claim, code])));
  fillHex(columns, sorted);
  fillLists(columns, sorted);
  writeHeader(page, counts, { firstDay: first.day, lastDay: last.day });
  return page;
}

function fillEntries(
  columns: PageColumns,
  sorted: readonly DayFileEntry[],
  codes: ReadonlyMap<string, number>,
): void {
  for (const [i, entry] of sorted.entries()) {
    columns.bytes[i] = entry.bytes;
    columns.minTimes[i] = entry.minTimeMs;
    columns.maxTimes[i] = entry.maxTimeMs;
    columns.days[i] = entry.day;
    columns.shards[i] = entry.shard;
    columns.claimCodes[i] = codes.get(claimOfOutput(entry.id)) ?? 0;
    columns.numbers[i] = numberOfOutput(entry.id);
    columns.rows[i] = entry.rows;
    columns.clientRows[i] = entry.clientRows;
    columns.users[i] = entry.users;
    columns.footerBytes[i] = entry.footerBytes;
    columns.tombstones[i] = entry.tombstone;
    columns.distinct[i] = entry.distinct ? 1 : 0;
  }
}

function fillHex(columns: PageColumns, sorted: readonly DayFileEntry[]): void {
  const hexOf = (textOf: (entry: DayFileEntry) => string): Uint8Array =>
    Buffer.from(sorted.map(textOf).join(""), "hex");
  columns.firstPlaces.set(hexOf(({ firstPlace }) => firstPlace));
  columns.lastPlaces.set(hexOf(({ lastPlace }) => lastPlace));
  columns.crcs.set(hexOf(({ crc }) => crc));
  columns.footerCrcs.set(hexOf(({ footerCrc }) => footerCrc));
  columns.eventHashes.set(hexOf(({ eventHashes = "" }) => eventHashes));
  columns.digests.set(hexOf(({ generations }) => generations.map(({ digest }) => digest).join("")));
}

function fillLists(columns: PageColumns, sorted: readonly DayFileEntry[]): void {
  let [generationEnd, seqEnd, tokenEnd, eventEnd] = [0, 0, 0, 0];
  for (const [i, { generations, seqs, token, eventHashes = "" }] of sorted.entries()) {
    for (const { generation, rows } of generations) {
      columns.generations[generationEnd] = generation;
      columns.generationRows[generationEnd++] = rows;
    }
    for (const { writer, min, max } of seqs) {
      columns.seqWriters[seqEnd] = writer;
      columns.seqMins[seqEnd] = min;
      columns.seqMaxes[seqEnd++] = max;
    }
    tokenEnd += Buffer.byteLength(token, "utf8");
    columns.generationEnds[i] = generationEnd;
    columns.seqEnds[i] = seqEnd;
    columns.tokenEnds[i] = tokenEnd;
    eventEnd += eventHashes.length / 4;
    columns.eventEnds[i] = eventEnd;
  }
}

function writeHeader(
  page: Uint8Array,
  counts: PageCounts,
  { firstDay, lastDay }: { readonly firstDay: number; readonly lastDay: number },
): void {
  const view = viewOf(page);
  view.setUint32(0, PAGE_MAGIC, true);
  view.setUint16(4, MANIFEST_PAGE_FORMAT_VERSION, true);
  view.setUint32(8, counts.entries, true);
  view.setUint32(12, counts.claims, true);
  view.setUint32(16, counts.generations, true);
  view.setUint32(20, counts.seqs, true);
  view.setUint32(24, counts.tokenBytes, true);
  view.setInt32(28, firstDay, true);
  view.setInt32(32, lastDay, true);
  view.setUint32(36, page.length, true);
  view.setUint32(40, counts.eventHashes ?? 0, true);
  view.setUint32(PAGE_BODY_CRC_AT, crc32(page.subarray(PAGE_HEADER_BYTES)), true);
  view.setUint32(PAGE_HEADER_CRC_AT, crc32(page.subarray(0, PAGE_HEADER_CRC_AT)), true);
}
