import type { EventBatch, UserHasher } from "@shale/columns";
import { createBatchBuilder } from "@shale/columns";
import type { Rejection } from "@shale/model";
import { createEventChecker } from "./checks/event-checker.ts";
import type { Problem } from "./checks/event-draft.ts";
import { addDraft } from "./checks/event-draft.ts";
import type { DuplicateCounter } from "./duplicate-counter.ts";

/** What became of some events. */
export interface ParsedEvents {
  /** The good ones, in their order. */
  readonly batch: EventBatch;
  /** Rows of the batch, repeats included. */
  readonly accepted: number;
  /** Rows that repeat a key of an earlier row of the call (see `DuplicateCounter`). */
  readonly duplicates: number;
  /** The bad ones, indexes ascending. */
  readonly rejected: readonly Rejection[];
}

export interface CollectorOptions {
  readonly hasher: UserHasher;
  /** The clock, epoch ms: events more than an hour ahead of it are refused. */
  readonly nowMs: () => number;
  readonly duplicates: DuplicateCounter;
  /** An event without an insert_id gets this and its index, where given. */
  readonly insertIdPrefix?: string | undefined;
}

/** Takes events one by one, each good or bad alone, and hands them out in batches. */
export interface EventCollector {
  /** Events since the last batch, kept and refused. */
  readonly eventCount: number;
  /** Characters of JSON text since the last batch. */
  readonly charCount: number;
  /** Property columns of the batch so far. */
  readonly columnCount: number;
  addInput(input: unknown, index: number): void;
  /** One event as JSON text, at most `eventBytesMax` bytes long. */
  addJson(json: string, index: number): void;
  reject(reason: Problem, index: number): void;
  /** Everything since the last batch. The collector goes on with an empty one. */
  takeBatch(): ParsedEvents;
}

export function createEventCollector(options: CollectorOptions): EventCollector {
  const { hasher, nowMs, duplicates, insertIdPrefix } = options;
  const checker = createEventChecker(nowMs);
  let builder = createBatchBuilder(hasher);
  let rejected: Rejection[] = [];
  let eventCount = 0;
  let charCount = 0;

  function reject({ code, message }: Problem, index: number): void {
    eventCount++;
    rejected.push({ index, code, message });
  }
  function keep(fault: Problem | undefined, index: number): void {
    if (fault !== undefined) {
      reject(fault, index);
      return;
    }
    eventCount++;
    const { draft } = checker;
    if (insertIdPrefix !== undefined) draft.insertId ??= `${insertIdPrefix}${index}`;
    addDraft(builder, draft);
  }
  return {
    get eventCount() {
      return eventCount;
    },
    get charCount() {
      return charCount;
    },
    get columnCount() {
      return builder.columnCount;
    },
    addInput: (input, index) => keep(checker.checkInput(input), index),
    addJson(json, index) {
      charCount += json.length;
      keep(checker.checkJson(json), index);
    },
    reject,
    takeBatch() {
      const batch = builder.build();
      const parsed: ParsedEvents = {
        batch,
        accepted: batch.rowCount,
        duplicates: duplicates.count(batch),
        rejected,
      };
      builder = createBatchBuilder(hasher);
      rejected = [];
      eventCount = 0;
      charCount = 0;
      return parsed;
    },
  };
}
