import type { ByteInterner, TextTable } from "@shale/columns";
import { createByteInterner, emptyTextTable, textAt, textBytesAt } from "@shale/columns";
import type { TextCodes } from "../scan-batch.ts";

/** A growing table of distinct texts that the dictionaries of all sources are translated into. */
export interface GrowingTexts extends TextCodes {
  readonly interner: ByteInterner;
  readonly byteLength: number;
}

const encoder = new TextEncoder();

export function createGrowingTexts(): GrowingTexts {
  const interner = createByteInterner();
  // A copy for reading, made again when texts were added since: they come a source at a time.
  let table: TextTable = emptyTextTable;
  const strings = new Map<number, string>();
  // Codes never change, so a text that was found stays found, and one that was not is only looked
  // for among texts added since.
  const lookups = new Map<string, { readonly code: number; readonly searched: number }>();
  function tableNow(): TextTable {
    if (table.count !== interner.count) table = interner.build();
    return table;
  }
  return {
    interner,
    get count() {
      return interner.count;
    },
    get byteLength() {
      return interner.byteLength;
    },
    textAt(code) {
      let text = strings.get(code);
      if (text === undefined) {
        text = textAt(tableNow(), code);
        if (strings.size < STRINGS_KEPT_MAX) strings.set(code, text);
      }
      return text;
    },
    bytesAt: (code) => textBytesAt(tableNow(), code),
    codeOf(text) {
      const known = lookups.get(text) ?? { code: -1, searched: 0 };
      if (known.code >= 0 || known.searched === interner.count) return known.code;
      const code = indexOfText(tableNow(), encoder.encode(text), known.searched);
      if (lookups.size < STRINGS_KEPT_MAX) lookups.set(text, { code, searched: interner.count });
      return code;
    },
  };
}

/** Texts that are asked for again and again: names of events, values of a breakdown. */
const STRINGS_KEPT_MAX = 1024;

function indexOfText(
  { count, bytes, offsets }: TextTable,
  wanted: Uint8Array,
  from: number,
): number {
  for (let index = from; index < count; index++) {
    const start = offsets[index] ?? 0;
    if ((offsets[index + 1] ?? 0) - start !== wanted.length) continue;
    let at = 0;
    while (at < wanted.length && bytes[start + at] === wanted[at]) at++;
    if (at === wanted.length) return index;
  }
  return -1;
}
