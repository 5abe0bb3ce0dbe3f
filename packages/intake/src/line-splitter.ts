import { isAscii, isUtf8 } from "node:buffer";
import type { Splitter, TextItemSink } from "./text-items.ts";
import { createTextItemBuffer, notUtf8 } from "./text-items.ts";

const NEWLINE = 10;
const NOTHING = Buffer.alloc(0);

/** Items are lines; the last one needs no newline. */
export function createLineSplitter(sink: TextItemSink): Splitter {
  const buffer = createTextItemBuffer(sink);

  /**
   * Whole lines, each with its newline. Checked together, decoded one by one: a line of ASCII then
   * has one byte a character, however its neighbours are written, and JSON.parse is faster on it.
   */
  function giveLines(bytes: Buffer): void {
    const encoding = isAscii(bytes) ? "latin1" : "utf8"; // The first only copies.
    const isSound = encoding === "latin1" || isUtf8(bytes);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (isSound || isUtf8(bytes.subarray(start, end))) {
        sink.item(bytes.toString(encoding, start, end));
      } else {
        sink.refuse(notUtf8);
      }
      start = end + 1;
    }
  }
  return {
    push(bytes) {
      let start = 0;
      if (!buffer.isEmpty) {
        const end = bytes.indexOf(NEWLINE);
        if (end < 0) return buffer.keep(bytes);
        buffer.finish(bytes.subarray(0, end));
        start = end + 1;
      }
      const end = Math.max(start, bytes.lastIndexOf(NEWLINE) + 1);
      if (end > start) giveLines(bytes.subarray(start, end));
      if (end < bytes.length) buffer.keep(bytes.subarray(end));
    },
    end() {
      if (!buffer.isEmpty) buffer.finish(NOTHING);
    },
  };
}
