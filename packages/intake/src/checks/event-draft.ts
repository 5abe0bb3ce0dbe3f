import type { BatchBuilder } from "@shale/columns";
import type { RejectionCode } from "@shale/model";

/** Why an event is refused. */
export interface Problem {
  readonly code: RejectionCode;
  readonly message: string;
}

export function problem(code: RejectionCode, message: string): Problem {
  return { code, message };
}

/** One event after its checks. One draft is written again and again: no event costs an object. */
export interface EventDraft {
  userId: string;
  event: string;
  timeMs: number;
  insertId: string | undefined;
  /** Only the first so many entries of the three lists below belong to the event. */
  propertyCount: number;
  readonly names: string[];
  readonly values: (string | number | boolean)[];
  /** True where the value is the canonical JSON text of a list. */
  readonly isList: boolean[];
  /** Keys of the event and of every object in it, to find keys that JSON.parse merged. */
  memberCount: number;
  /** Later times are in the future. */
  timeMsMax: number;
}

export function createEventDraft(): EventDraft {
  return {
    userId: "",
    event: "",
    timeMs: 0,
    insertId: undefined,
    propertyCount: 0,
    names: [],
    values: [],
    isList: [],
    memberCount: 0,
    timeMsMax: 0,
  };
}

export function addDraft(builder: BatchBuilder, draft: EventDraft): void {
  builder.startRow(draft.userId, draft.event, draft.timeMs, draft.insertId);
  for (let index = 0; index < draft.propertyCount; index++) {
    const name = draft.names[index] ?? "";
    const value = draft.values[index];
    if (typeof value === "string") {
      if (draft.isList[index] === true) builder.setList(name, value);
      else builder.setString(name, value);
    } else if (typeof value === "number") builder.setNumber(name, value);
    else if (typeof value === "boolean") builder.setBoolean(name, value);
  }
}
