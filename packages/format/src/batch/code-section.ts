import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";
import type { SectionCursor } from "./section-cursor.ts";
import { plainSection, type Section, widthFor } from "./section-list.ts";

/** Least and greatest code that a column may hold. */
export interface CodeRange {
  readonly least: 0 | 1;
  readonly greatest: number;
}

/** The numbers of a section as 4-byte ones; `bytes` is `width` × `count` long. */
export function widened(bytes: Uint8Array, width: number, count: number): Uint32Array {
  if (width === 1) return new Uint32Array(bytes);
  if (width === 4) return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  return new Uint32Array(new Uint16Array(bytes.buffer, bytes.byteOffset, count));
}

/** Least and greatest of the codes; no code is above 2^32 - 1 or below 0. */
function extentOf(codes: Uint32Array): readonly [min: number, max: number] {
  let min = 0xffff_ffff;
  let max = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code > max) max = code;
    if (code < min) min = code;
  }
  return [min, max];
}

export function codeSection(codes: Uint32Array, { least, greatest }: CodeRange): Section {
  const [min, max] = extentOf(codes);
  const count = codes.length;
  invariant(
    count === 0 || (min >= least && max <= greatest),
    `codes ${min} to ${max} are within ${least} to ${greatest}`,
  );
  return plainSection("codes", widthFor(max), codes);
}

/** Codes of the next section, all within the range; a view where they are stored with 4 bytes. */
export function readCodes(
  cursor: SectionCursor,
  count: number,
  { least, greatest }: CodeRange,
): Uint32Array {
  const { width, bytes } = cursor.next("codes", { widths: [1, 2, 4], count });
  const codes = widened(bytes, width, count);
  const [min, max] = extentOf(codes);
  if (count > 0 && (min < least || max > greatest)) {
    throw corrupt(cursor.source, `codes ${min} to ${max} are not in ${least} to ${greatest}`);
  }
  return codes;
}
