import { InvariantError } from "@shale/model";
import { checkEvent } from "./check-event.ts";
import type { EventDraft, Problem } from "./event-draft.ts";
import { createEventDraft, problem } from "./event-draft.ts";
import { eventLimits } from "./event-limits.ts";
import { exceedsJsonBytes } from "./json-size.ts";
import { keyCountBound, repeatedKeyOf } from "./repeated-key.ts";

/** Checks events one after the other, each into the same draft. */
export interface EventChecker {
  /** The event of the last check that found no problem. */
  readonly draft: EventDraft;
  checkInput(input: unknown): Problem | undefined;
  /** The text is at most `eventBytesMax` bytes long. */
  checkJson(json: string): Problem | undefined;
}

export const tooLarge = problem(
  "EVENT_TOO_LARGE",
  `The event takes more than ${eventLimits.eventBytesMax} bytes as JSON`,
);

/** At least the bytes of a key in JSON text, and of its value where that is not a string. */
const MEMBER_BYTES_BOUND = 6 * eventLimits.propertyNameBytesMax + 64;
/** A UTF-16 unit takes at most 6 bytes of JSON text (`\u001f`). */
const JSON_BYTES_PER_UNIT_MAX = 6;

export function createEventChecker(nowMs: () => number): EventChecker {
  const draft = createEventDraft();

  /** Reads the clock only for a time that seems ahead: an old reading never refuses an event. */
  function check(input: unknown): Problem | undefined {
    const fault = checkEvent(input, draft);
    if (fault?.code !== "TIME_IN_FUTURE") return fault;
    const timeMsMax = nowMs() + eventLimits.timeAheadMsMax;
    if (timeMsMax === draft.timeMsMax) return fault;
    draft.timeMsMax = timeMsMax;
    return checkEvent(input, draft);
  }
  function checkInput(input: unknown): Problem | undefined {
    try {
      const fault = check(input);
      if (fault === undefined && jsonBytesBoundOf(draft) <= eventLimits.eventBytesMax) return fault;
      // Of a line the size is seen before all else, and an object gets the code of its line.
      return exceedsJsonBytes(input, eventLimits.eventBytesMax) ? tooLarge : fault;
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      return problem("EVENT_SHAPE", `Reading the event failed: ${messageOf(error)}`);
    }
  }
  function checkJson(json: string): Problem | undefined {
    let input: unknown;
    try {
      input = JSON.parse(json);
    } catch (error) {
      return problem("EVENT_JSON", `Not JSON: ${messageOf(error)}`);
    }
    const fault = check(input);
    // JSON.parse keeps the last of equal keys without a word, so their number is compared.
    if (fault !== undefined || keyCountBound(json) === draft.memberCount) return fault;
    const key = repeatedKeyOf(json);
    if (key === undefined) return undefined;
    return problem("EVENT_JSON", `The key ${JSON.stringify(key)} stands twice in one object`);
  }
  return { draft, checkInput, checkJson };
}

/** At least the bytes of the draft's event as JSON text. */
function jsonBytesBoundOf(draft: EventDraft): number {
  let charCount = draft.event.length + draft.userId.length + (draft.insertId?.length ?? 0);
  for (let index = 0; index < draft.propertyCount; index++) {
    const value = draft.values[index];
    if (typeof value === "string") charCount += value.length;
  }
  return draft.memberCount * MEMBER_BYTES_BOUND + charCount * JSON_BYTES_PER_UNIT_MAX;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `a ${typeof error} was thrown`;
}
