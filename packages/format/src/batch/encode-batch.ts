import type { LoggedBatch } from "@shale/columns";
import { invariant } from "@shale/model";
import { viewOf, writeU64 } from "../little-endian.ts";
import { BATCH_HEADER_BYTES, BATCH_MAGIC, BATCH_VERSION } from "./batch-layout.ts";
import { codeSection } from "./code-section.ts";
import { propertySections } from "./property-sections.ts";
import { seqSection, timeSection } from "./row-sections.ts";
import { type Section, type SectionPart, sizeOfSections, writeSections } from "./section-list.ts";
import { textSections } from "./text-sections.ts";

/**
 * The batch as bytes, a multiple of 8 of them. The same batch always gives the same bytes.
 *
 * It has no checksum of its own: the WAL record or the tail object around it has.
 *
 * @see docs/formats/batch.md
 */
export function encodeBatch(batch: LoggedBatch): Uint8Array<ArrayBuffer> {
  return encodeBatchBehind(0, batch);
}

/** `encodeBatch` with `roomBytes` zeros in front, a multiple of 8: room for a header, not a copy. */
export function encodeBatchBehind(roomBytes: number, batch: LoggedBatch): Uint8Array<ArrayBuffer> {
  invariant(roomBytes % 8 === 0, `room is a multiple of 8: ${roomBytes}`);
  const sections = sectionsOf(batch);
  const sizeBytes = BATCH_HEADER_BYTES + sizeOfSections(sections);
  invariant(sizeBytes <= 0xffff_ffff, `a batch takes less than 4 GiB: ${sizeBytes}`);
  const bytes = new Uint8Array(roomBytes + sizeBytes);
  const view = viewOf(bytes.subarray(roomBytes));
  view.setUint32(0, BATCH_MAGIC, true);
  view.setUint16(4, BATCH_VERSION, true);
  writeU64(view, 8, batch.writer);
  view.setUint32(16, batch.rowCount, true);
  view.setUint32(20, batch.properties.length, true);
  view.setUint32(24, sizeBytes, true);
  writeSections(bytes, roomBytes + BATCH_HEADER_BYTES, sections);
  return bytes;
}

function sectionsOf(batch: LoggedBatch): readonly Section[] {
  const { rowCount, users, events, insertIds } = batch;
  for (const column of [
    batch.seqs,
    batch.timesMs,
    batch.userCodes,
    batch.eventCodes,
    batch.insertIdCodes,
  ]) {
    invariant(column.length === rowCount, `${column.length} of ${rowCount} rows are there`);
  }
  return [
    seqSection(batch.seqs),
    timeSection(batch.timesMs),
    ...textSections(users.ids),
    hashSection(batch),
    codeSection(batch.userCodes, { least: 0, greatest: users.ids.count - 1 }),
    ...textSections(events),
    codeSection(batch.eventCodes, { least: 0, greatest: events.count - 1 }),
    ...textSections(insertIds),
    codeSection(batch.insertIdCodes, { least: 0, greatest: insertIds.count }),
    ...propertySections(batch.properties, rowCount),
  ];
}

function hashSection({ users: { ids, hashHigh, hashLow } }: LoggedBatch): Section {
  const { count } = ids;
  invariant(hashHigh.length === count && hashLow.length === count, `${count} users have a hash`);
  const parts = [hashHigh, hashLow].map((values): SectionPart => ({ values, width: 4 }));
  return { name: "userHashes", width: 8, count, parts };
}
