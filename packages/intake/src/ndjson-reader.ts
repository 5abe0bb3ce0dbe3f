import type { UserHasher } from "@shale/columns";
import { invariant, ShaleError } from "@shale/model";
import type { DuplicateCounter } from "./duplicate-counter.ts";
import { createDuplicateCounter } from "./duplicate-counter.ts";
import type { ParsedEvents } from "./event-collector.ts";
import { createEventCollector } from "./event-collector.ts";
import { createStreamSplitter } from "./stream-splitter.ts";
import type { TextItemSink } from "./text-items.ts";

export interface NdjsonReaderOptions {
  readonly hasher: UserHasher;
  /** The clock, epoch ms: events more than an hour ahead of it are refused. */
  readonly nowMs: () => number;
  /** Counts over several readers; a new counter when not given. */
  readonly duplicates?: DuplicateCounter | undefined;
  /** Events in one batch, kept and refused. More: smaller logs and tails, and more memory. */
  readonly eventsPerBatch?: number | undefined;
  /**
   * An event without an insert_id gets this and its line, so that the same input twice is one.
   * Well-formed text of at most 1,000 bytes, not starting with `~`.
   *
   * @throws {ShaleError} OPTION_INVALID
   */
  readonly insertIdPrefix?: string | undefined;
}

export const ndjsonReaderDefaults = { eventsPerBatch: 32_768 } as const;

/**
 * Reads events from a stream of bytes: one JSON object a line, or one JSON array of objects.
 *
 * `index` of a rejection is the line, or the element of the array, counted from 1. Blank lines are
 * skipped and counted. Memory holds one batch and at most one event, however long a line is.
 */
export interface NdjsonReader {
  /** The batches that these bytes filled. `bytes` may be used again afterwards. */
  push(bytes: Uint8Array): readonly ParsedEvents[];
  /** What is left; nothing for an input without events. Ends the reader. */
  end(): readonly ParsedEvents[];
  /** Ends the reader of an input that broke off: like `end`, without the event that was cut. */
  breakOff(): readonly ParsedEvents[];
}

/** Characters of JSON text in one batch, so that large events do not make a large batch. */
const CHARS_PER_BATCH = 16_777_216;
/** Property columns in one batch, so that events with names of their own do not fill the memory. */
const COLUMNS_PER_BATCH = 16_384;
/** Bytes are looked at in pieces of this size, small against the largest event. */
const PIECE_BYTES = 131_072;
const PREFIX_BYTES_MAX = 1_000;
const SPACE = 32;
const BLANK = /^[ \t\r]*$/;

export function createNdjsonReader(options: NdjsonReaderOptions): NdjsonReader {
  const { hasher, nowMs } = options;
  const eventsPerBatch = options.eventsPerBatch ?? ndjsonReaderDefaults.eventsPerBatch;
  const duplicates = options.duplicates ?? createDuplicateCounter();
  const insertIdPrefix = checkedPrefix(options.insertIdPrefix);
  const collector = createEventCollector({ hasher, nowMs, duplicates, insertIdPrefix });
  let filled: ParsedEvents[] = [];
  let index = 0;
  let hasEnded = false;

  function takeIfFull(): void {
    const isFull =
      collector.eventCount >= eventsPerBatch ||
      collector.charCount >= CHARS_PER_BATCH ||
      collector.columnCount >= COLUMNS_PER_BATCH;
    if (isFull) filled.push(collector.takeBatch());
  }
  const sink: TextItemSink = {
    item(text) {
      index++;
      if (text.charCodeAt(0) > SPACE || !BLANK.test(text)) {
        collector.addJson(text, index);
        takeIfFull();
      }
    },
    refuse(reason) {
      index++;
      collector.reject(reason, index);
      takeIfFull();
    },
  };
  const splitter = createStreamSplitter(sink);
  function takeFilled(): readonly ParsedEvents[] {
    const taken = filled;
    filled = [];
    return taken;
  }
  function takeRest(): readonly ParsedEvents[] {
    hasEnded = true;
    if (collector.eventCount > 0) filled.push(collector.takeBatch());
    return takeFilled();
  }
  return {
    push(bytes) {
      invariant(!hasEnded, "an ended reader takes no more bytes");
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let start = 0; start < view.length; start += PIECE_BYTES) {
        splitter.push(view.subarray(start, start + PIECE_BYTES));
      }
      return takeFilled();
    },
    end() {
      invariant(!hasEnded, "a reader is ended once");
      splitter.end();
      return takeRest();
    },
    breakOff() {
      invariant(!hasEnded, "a reader is ended once");
      return takeRest();
    },
  };
}

function checkedPrefix(prefix: string | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  const isFit =
    prefix.isWellFormed() &&
    !prefix.startsWith("~") &&
    Buffer.byteLength(prefix) <= PREFIX_BYTES_MAX;
  if (isFit) return prefix;
  throw new ShaleError(
    "OPTION_INVALID",
    `Cannot make insert ids that start with ${JSON.stringify(prefix)}: ` +
      `the text starts with ~, is longer than ${PREFIX_BYTES_MAX} bytes or is not Unicode`,
    { path: "insertIdPrefix" },
  );
}
