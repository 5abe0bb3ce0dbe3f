import { problem } from "./checks/event-draft.ts";
import type { Splitter, TextItemSink } from "./text-items.ts";
import { createTextItemBuffer, isWhiteSpace } from "./text-items.ts";

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const NOTHING = Buffer.alloc(0);

const emptyElement = problem("EVENT_JSON", "An element of the array is empty");
const cutShort = problem("EVENT_JSON", "The array ends without its closing ]");
const textBehind = problem("EVENT_JSON", "Text follows the closing ] of the array");

/** Items are the elements of one JSON array whose opening bracket has been read. */
export function createArraySplitter(sink: TextItemSink): Splitter {
  const buffer = createTextItemBuffer(sink);
  let place: "before" | "inside" | "behind" | "ended" = "before";
  let followsComma = false;
  /** Open lists and objects of the element. */
  let depth = 0;
  let isInString = false;
  let isEscaped = false;

  function stepString(byte: number): void {
    if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = true;
    else if (byte === QUOTE) isInString = false;
  }
  /** Between elements. True when an element starts with this byte. */
  function stepBefore(byte: number): boolean {
    if (isWhiteSpace(byte)) return false;
    if (byte === CLOSE_BRACKET) {
      if (followsComma) sink.refuse(emptyElement);
      place = "behind";
      return false;
    }
    if (byte === COMMA) {
      sink.refuse(emptyElement);
      followsComma = true;
      return false;
    }
    place = "inside";
    return true;
  }
  /** Within an element, outside strings. True when the element ends before this byte. */
  function stepInside(byte: number): boolean {
    if (byte === QUOTE) isInString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (depth > 0) {
      if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    } else if (byte === COMMA || byte === CLOSE_BRACKET) {
      followsComma = byte === COMMA;
      place = followsComma ? "before" : "behind";
      return true;
    }
    return false;
  }
  return {
    push(bytes) {
      let start = 0;
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at] ?? 0;
        if (isInString) stepString(byte);
        else if (place === "inside") {
          if (stepInside(byte)) buffer.finish(bytes.subarray(start, at));
        } else if (place === "before") {
          if (!stepBefore(byte)) continue;
          start = at;
          stepInside(byte);
        } else if (place === "behind" && !isWhiteSpace(byte)) {
          sink.refuse(textBehind);
          place = "ended";
        }
      }
      if (place === "inside") buffer.keep(bytes.subarray(start));
    },
    end() {
      if (place === "inside" && depth === 0 && !isInString) buffer.finish(NOTHING);
      if (place === "before" || place === "inside") sink.refuse(cutShort);
      buffer.clear();
      place = "ended";
    },
  };
}
