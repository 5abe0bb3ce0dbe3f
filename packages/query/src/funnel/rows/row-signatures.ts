import { createPairTable } from "../../segmentation/pair-table.ts";

/** A mask over the rows of a batch; undefined: all of them. */
export type RowMask = Uint8Array | undefined;

/** Numbers sets of masks that a row is in, from 0 for none, in order of first appearance. */
export interface RowSignatures {
  /** By word, bit by bit: which masks each row is in. */
  wordsOf(rowCount: number, masks: readonly RowMask[]): Uint32Array[];
  kindOf(words: readonly Uint32Array[], row: number): number;
}

export function createSignatures(maskCount: number): RowSignatures {
  const wordCount = Math.max(1, Math.ceil(maskCount / 32));
  // One table for each word behind the first: pairs of the words so far and the next one.
  const tables = Array.from({ length: wordCount }, createPairTable);
  const [kinds = createPairTable()] = tables;
  function kindOf(words: readonly Uint32Array[], row: number): number {
    let code = words[0]?.[row] ?? 0;
    for (let word = 1; word < wordCount; word++) {
      code = tables[word]?.indexOf(code, words[word]?.[row] ?? 0) ?? 0;
    }
    return kinds.indexOf(code, 0);
  }
  const nothing = Array.from({ length: wordCount }, () => new Uint32Array(1));
  kindOf(nothing, 0);
  return {
    kindOf,
    wordsOf(rowCount, masks) {
      const words = Array.from({ length: wordCount }, () => new Uint32Array(rowCount));
      for (const [index, mask] of masks.entries()) {
        const word = words[index >>> 5];
        const bit = (1 << (index & 31)) >>> 0;
        if (word === undefined) continue;
        for (let row = 0; row < word.length; row++) {
          if (mask === undefined || mask[row] !== 0) word[row] = (word[row] ?? 0) | bit;
        }
      }
      return words;
    },
  };
}

/** Whether a row is in a mask, by the words of its batch. */
export function isInMask(words: readonly Uint32Array[], row: number, mask: number): boolean {
  return (((words[mask >>> 5]?.[row] ?? 0) >>> (mask & 31)) & 1) === 1;
}
