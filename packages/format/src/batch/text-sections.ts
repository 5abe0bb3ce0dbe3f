import { isUtf8 } from "node:buffer";
import type { TextTable } from "@shale/columns";
import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";
import { widened } from "./code-section.ts";
import type { SectionCursor } from "./section-cursor.ts";
import { plainSection, type Section, widthFor } from "./section-list.ts";

/** Two sections: the length of each text, then all bytes. */
export function textSections(table: TextTable): readonly Section[] {
  const { count, offsets, bytes } = table;
  invariant(offsets.length === count + 1 && offsets[0] === 0, "texts have count + 1 offsets");
  const lengths = new Uint32Array(count);
  let longest = 0;
  for (let i = 0; i < count; i++) {
    const length = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
    invariant(length >= 0, `offset ${i} of the texts is not above the next`);
    lengths[i] = length;
    if (length > longest) longest = length;
  }
  const end = offsets[count] ?? 0;
  invariant(end <= bytes.length, `the texts end within their bytes: ${end}, ${bytes.length}`);
  return [
    plainSection("textLengths", widthFor(longest), lengths),
    plainSection("textBytes", 1, end === bytes.length ? bytes : bytes.subarray(0, end)),
  ];
}

/** A table whose every text is whole UTF-8, so that no reader of one can fail later. */
export function readTexts(cursor: SectionCursor, count?: number): TextTable {
  const found = cursor.next("textLengths", { widths: [1, 2, 4], count });
  const { bytes } = cursor.next("textBytes", { widths: [1] });
  const lengths = widened(found.bytes, found.width, found.count);
  const offsets = new Uint32Array(found.count + 1);
  if (!isUtf8(bytes)) throw corrupt(cursor.source, "texts are not UTF-8");
  let end = 0;
  for (let i = 0; i < found.count; i++) {
    if (((bytes[end] ?? 0) & 0xc0) === 0x80) {
      throw corrupt(cursor.source, `text ${i} starts inside a character`);
    }
    end += lengths[i] ?? 0;
    offsets[i + 1] = end;
  }
  if (end !== bytes.length) {
    throw corrupt(cursor.source, `texts of ${end} bytes have ${bytes.length} bytes`);
  }
  return { count: found.count, bytes, offsets };
}
