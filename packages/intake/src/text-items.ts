import { isUtf8 } from "node:buffer";
import { tooLarge } from "./checks/event-checker.ts";
import type { Problem } from "./checks/event-draft.ts";
import { problem } from "./checks/event-draft.ts";
import { eventLimits } from "./checks/event-limits.ts";

/** Gets the lines of a stream, or the elements of its array, one after the other. */
export interface TextItemSink {
  item(text: string): void;
  /** Stands for one item that cannot be given. */
  refuse(reason: Problem): void;
}

/** Cuts a stream of bytes into items. Pieces are small against the largest event. */
export interface Splitter {
  push(bytes: Buffer): void;
  end(): void;
}

/** Puts together one item that may come in pieces. Holds at most about the largest event. */
export interface TextItemBuffer {
  /** True while nothing of an item has come. */
  readonly isEmpty: boolean;
  /** Takes a piece of an item that goes on; its bytes are copied. */
  keep(bytes: Buffer): void;
  /** Takes the last piece and gives the item to the sink. */
  finish(bytes: Buffer): void;
  /** Forgets the pieces. */
  clear(): void;
}

export const notUtf8 = problem("EVENT_JSON", "The bytes are not UTF-8");
const CARRIAGE_RETURN = 13;
/** One more than an event, for a carriage return that does not count. */
const BUFFER_BYTES_MAX = eventLimits.eventBytesMax + 1;

/** White space of JSON. */
export function isWhiteSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

export function createTextItemBuffer(sink: TextItemSink): TextItemBuffer {
  let bytes = Buffer.alloc(0);
  let byteLength = 0;
  let isTooLong = false;

  function keep(more: Buffer): void {
    const needed = byteLength + more.length;
    isTooLong ||= needed > BUFFER_BYTES_MAX;
    if (isTooLong) return;
    if (needed > bytes.length) {
      const grown = Buffer.alloc(Math.max(needed, bytes.length * 2));
      grown.set(bytes.subarray(0, byteLength));
      bytes = grown;
    }
    bytes.set(more, byteLength);
    byteLength = needed;
  }
  function clear(): void {
    byteLength = 0;
    isTooLong = false;
  }
  return {
    get isEmpty() {
      return byteLength === 0 && !isTooLong;
    },
    keep,
    finish(last) {
      let whole = last;
      if (byteLength > 0 || isTooLong) {
        keep(last);
        whole = bytes.subarray(0, byteLength);
      }
      if (whole.at(-1) === CARRIAGE_RETURN) whole = whole.subarray(0, -1);
      const isTooLarge = isTooLong || whole.length > eventLimits.eventBytesMax;
      clear();
      if (isTooLarge) return sink.refuse(tooLarge);
      if (isUtf8(whole)) sink.item(whole.toString("utf8"));
      else sink.refuse(notUtf8);
    },
    clear,
  };
}
