import { createTextListBuilder } from "./text-list-builder.ts";
import type { TextTable } from "./text-table.ts";

/** Collects distinct texts. Indexes count from 0 in order of first appearance. */
export interface TextTableBuilder {
  readonly count: number;
  /** Bytes of the distinct texts so far. */
  readonly byteLength: number;
  /** The index of `text`, added when new. Lone surrogates are kept as U+FFFD. */
  intern(text: string): number;
  /** As `intern`, for text that already is UTF-8. */
  internBytes(bytes: Uint8Array): number;
  /** A table of the texts so far. The builder may go on; the table does not change. */
  build(): TextTable;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function createTextTableBuilder(): TextTableBuilder {
  const indexes = new Map<string, number>();
  const texts = createTextListBuilder();
  /** Neighbouring events often share a text: comparing costs less than looking it up. */
  let lastText: string | undefined;
  let lastIndex = 0;

  function intern(text: string): number {
    if (text === lastText) return lastIndex;
    let index = indexes.get(text);
    if (index === undefined) {
      const wellFormed = text.toWellFormed();
      if (wellFormed !== text) return intern(wellFormed);
      index = texts.add(text);
      indexes.set(text, index);
    }
    lastText = text;
    lastIndex = index;
    return index;
  }
  function internBytes(bytes: Uint8Array): number {
    const text = decoder.decode(bytes);
    const known = indexes.get(text);
    if (known !== undefined) return known;
    const index = texts.addBytes(bytes);
    indexes.set(text, index);
    return index;
  }
  return {
    get count() {
      return texts.count;
    },
    get byteLength() {
      return texts.byteLength;
    },
    intern,
    internBytes,
    build: texts.build,
  };
}
