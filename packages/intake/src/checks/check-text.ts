import type { Problem } from "./event-draft.ts";
import { problem } from "./event-draft.ts";
import { eventLimits } from "./event-limits.ts";
import { quote } from "./plain-object.ts";

export interface TextRule {
  /** The field, as messages name it. */
  readonly path: string;
  readonly bytesMin: number;
  readonly bytesMax: number;
}

const { eventNameBytesMax, idBytesMax, propertyNameBytesMax } = eventLimits;
export const textRules = {
  event: { path: "event", bytesMin: 1, bytesMax: eventNameBytesMax },
  userId: { path: "user_id", bytesMin: 0, bytesMax: idBytesMax },
  insertId: { path: "insert_id", bytesMin: 1, bytesMax: idBytesMax },
  propertyName: { path: "A property's name", bytesMin: 1, bytesMax: propertyNameBytesMax },
  mixpanelUserId: { path: "properties.distinct_id", bytesMin: 0, bytesMax: idBytesMax },
  mixpanelInsertId: { path: "properties.$insert_id", bytesMin: 1, bytesMax: idBytesMax },
} as const satisfies Record<string, TextRule>;

/** A UTF-16 unit takes at most 3 bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3;

/** The text itself, or what is wrong with it. */
export function checkText(rule: TextRule, value: unknown): string | Problem {
  if (typeof value !== "string") {
    return value === undefined
      ? problem("EVENT_FIELD_MISSING", `${rule.path} is missing`)
      : problem("EVENT_FIELD_TYPE", `${rule.path} is ${quote(value)} and must be a string`);
  }
  if (!value.isWellFormed()) {
    return problem("TEXT_NOT_UNICODE", `${rule.path} ${quote(value)} holds a lone surrogate`);
  }
  if (value.length >= rule.bytesMin && value.length * BYTES_PER_UNIT_MAX <= rule.bytesMax) {
    return value;
  }
  const byteLength = Buffer.byteLength(value);
  if (byteLength >= rule.bytesMin && byteLength <= rule.bytesMax) return value;
  return problem(
    "EVENT_FIELD_LENGTH",
    `${rule.path} ${quote(value)} has ${byteLength} bytes: ` +
      `${rule.bytesMin} to ${rule.bytesMax} are allowed`,
  );
}
