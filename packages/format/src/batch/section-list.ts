import { invariant } from "@shale/model";
import { checkPlatform, padded8, viewOf } from "../little-endian.ts";
import {
  CODEC_PLAIN,
  SECTION_HEADER_BYTES,
  type SectionName,
  sectionKinds,
} from "./batch-layout.ts";

/** Bytes of one stored element. */
export type Width = 1 | 2 | 4 | 8;

/** Elements of a section, written with `width` bytes each; those of width 8 are doubles. */
export interface SectionPart {
  readonly values: Uint8Array | Uint32Array | Float64Array;
  readonly width: Width;
}

/** A section before it is written: its parts follow each other, the widest first. */
export interface Section {
  readonly name: SectionName;
  readonly width: Width;
  /** Number of elements. */
  readonly count: number;
  readonly parts: readonly SectionPart[];
}

/** A section that holds nothing but its elements. */
export function plainSection(
  name: SectionName,
  width: Width,
  values: SectionPart["values"],
): Section {
  return { name, width, count: values.length, parts: [{ values, width }] };
}

/** The narrowest width that holds whole numbers up to `greatest`. */
export function widthFor(greatest: number): 1 | 2 | 4 {
  if (greatest <= 0xff) return 1;
  return greatest <= 0xffff ? 2 : 4;
}

function plainBytesOf({ parts }: Section): number {
  let sum = 0;
  for (const { values, width } of parts) sum += values.length * width;
  return sum;
}

export function sizeOfSections(sections: readonly Section[]): number {
  let sum = 0;
  for (const section of sections) sum += SECTION_HEADER_BYTES + padded8(plainBytesOf(section));
  return sum;
}

/**
 * Writes the sections one after the other from `offset`, a multiple of 8; padding stays zero.
 * `target` starts on a multiple of 8 in its buffer.
 */
export function writeSections(
  target: Uint8Array,
  offset: number,
  sections: readonly Section[],
): void {
  checkPlatform();
  const { buffer, byteOffset, length } = target;
  const view = viewOf(target);
  // One array of each width over the whole target: set() narrows while it copies.
  const halves = new Uint16Array(buffer, byteOffset, length >> 1);
  const words = new Uint32Array(buffer, byteOffset, length >> 2);
  const doubles = new Float64Array(buffer, byteOffset, length >> 3);
  const arrays = { 1: target, 2: halves, 4: words, 8: doubles };
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
    for (const { values, width } of section.parts) {
      arrays[width].set(values, partAt / width);
      partAt += values.length * width;
    }
    at += padded8(plainBytes);
  }
  invariant(at === length, `sections end where the batch ends: ${at}, ${length}`);
}
