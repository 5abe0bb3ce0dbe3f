import type { UserHasher } from "@shale/columns";
import { ShaleError } from "@shale/model";
import { quote } from "./checks/plain-object.ts";
import type { DuplicateCounter } from "./duplicate-counter.ts";
import { createDuplicateCounter } from "./duplicate-counter.ts";
import type { ParsedEvents } from "./event-collector.ts";
import { createEventCollector } from "./event-collector.ts";

export interface IntakeOptions {
  readonly hasher: UserHasher;
  /** The clock, epoch ms: events more than an hour ahead of it are refused. */
  readonly nowMs: () => number;
}

export interface ParseOptions {
  /** Counts over several calls; a new counter for each call when not given. */
  readonly duplicates?: DuplicateCounter | undefined;
}

/** Checks the events that an application hands over. */
export interface Intake {
  /**
   * Turns events, in Shale's shape or Mixpanel's, into one batch. A bad event is rejected alone,
   * with its 0-based position; the others are kept.
   *
   * @throws {ShaleError} OPTION_INVALID when `events` is not a list.
   */
  parseEvents(events: readonly unknown[], options?: ParseOptions): ParsedEvents;
}

export function createIntake({ hasher, nowMs }: IntakeOptions): Intake {
  return {
    parseEvents(events, options) {
      if (!Array.isArray(events)) {
        throw new ShaleError(
          "OPTION_INVALID",
          `Cannot take in ${quote(events)}: events come as a list`,
        );
      }
      const duplicates = options?.duplicates ?? createDuplicateCounter();
      const collector = createEventCollector({ hasher, nowMs, duplicates });
      for (let index = 0; index < events.length; index++) collector.addInput(events[index], index);
      return collector.takeBatch();
    },
  };
}
