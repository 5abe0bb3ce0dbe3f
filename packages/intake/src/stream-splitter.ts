import { createArraySplitter } from "./array-splitter.ts";
import { createLineSplitter } from "./line-splitter.ts";
import type { Splitter, TextItemSink } from "./text-items.ts";
import { isWhiteSpace } from "./text-items.ts";

const NEWLINE = 10;
const OPEN_BRACKET = 91;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Items are lines, or the elements of an array when `[` is the first byte behind a byte order mark
 * and white space.
 */
export function createStreamSplitter(sink: TextItemSink): Splitter {
  let splitter: Splitter | undefined;
  /** Bytes of the mark read so far; all of them once anything else has come. */
  let markLength = 0;
  let blankLineCount = 0;

  function startLines(): Splitter {
    const lines = createLineSplitter(sink);
    for (let line = 0; line < blankLineCount; line++) sink.item("");
    // A part of the mark is no mark: its bytes belong to the first line.
    if (markLength < BYTE_ORDER_MARK.length) lines.push(BYTE_ORDER_MARK.subarray(0, markLength));
    return lines;
  }
  /** Reads up to the byte that decides, and gives its position. */
  function skipStart(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0;
      if (markLength < BYTE_ORDER_MARK.length && byte === BYTE_ORDER_MARK[markLength]) {
        markLength++;
      } else {
        if (markLength > 0 && markLength < BYTE_ORDER_MARK.length) break;
        markLength = BYTE_ORDER_MARK.length;
        if (byte === NEWLINE) blankLineCount++;
        else if (!isWhiteSpace(byte)) break;
      }
      at++;
    }
    return at;
  }
  return {
    push(bytes) {
      if (splitter !== undefined) return splitter.push(bytes);
      const at = skipStart(bytes);
      if (at === bytes.length) return;
      if (bytes[at] === OPEN_BRACKET && markLength === BYTE_ORDER_MARK.length) {
        splitter = createArraySplitter(sink);
        splitter.push(bytes.subarray(at + 1));
        return;
      }
      splitter = startLines();
      splitter.push(bytes.subarray(at));
    },
    end() {
      splitter ??= startLines();
      splitter.end();
    },
  };
}
