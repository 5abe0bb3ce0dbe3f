import { invariant } from "@shale/model";
import { checkPlatform, padded8, viewOf } from "../little-endian.ts";
import {
  CODEC_PLAIN,
  SECTION_HEADER_BYTES,
  type SectionName,
  sectionKinds,
} from "./batch-layout.ts";

/** A section before it is written: its parts follow each other without a gap. */
export interface Section {
  readonly name: SectionName;
  /** Bytes of one element: 1, 2, 4 or 8. */
  readonly width: number;
  /** Number of elements. */
  readonly count: number;
  readonly parts: readonly ArrayBufferView[];
}

function plainBytesOf(section: Section): number {
  return section.parts.reduce((sum, part) => sum + part.byteLength, 0);
}

export function sizeOfSections(sections: readonly Section[]): number {
  return sections.reduce(
    (sum, section) => sum + SECTION_HEADER_BYTES + padded8(plainBytesOf(section)),
    0,
  );
}

/** Writes the sections one after the other from `offset`, a multiple of 8; padding stays zero. */
export function writeSections(
  target: Uint8Array,
  offset: number,
  sections: readonly Section[],
): void {
  checkPlatform();
  const view = viewOf(target);
  let at = offset;
  for (const section of sections) {
    const plainBytes = plainBytesOf(section);
    view.setUint8(at, sectionKinds[section.name]);
    view.setUint8(at + 1, section.width);
    view.setUint8(at + 2, CODEC_PLAIN);
    view.setUint32(at + 4, section.count, true);
    view.setUint32(at + 8, plainBytes, true);
    view.setUint32(at + 12, plainBytes, true);
    at += SECTION_HEADER_BYTES;
    let partAt = at;
    for (const part of section.parts) {
      target.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), partAt);
      partAt += part.byteLength;
    }
    at += padded8(plainBytes);
  }
  invariant(at === target.length, `sections end where the batch ends: ${at}, ${target.length}`);
}
