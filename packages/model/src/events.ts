/** One element of a list property, or a property by itself. */
export type Scalar = string | number | boolean | null;
/** A property as it is sent: null means absent; a list is kept as a list. */
export type PropertyValue = Scalar | readonly Scalar[];

/** An event as an application sends it. See contract, section 1. */
export interface EventInput {
  /** 1..255 UTF-8 bytes. */
  readonly event: string;
  /** "" is allowed: such an event counts in totals and is left out of every per-user query. */
  readonly user_id: string;
  /** ISO 8601 with a zone (cut to ms), integer epoch ms, or a Date. */
  readonly time: string | number | Date;
  /** The same (user_id, event, insert_id, UTC day) twice is one event: the one appended last. */
  readonly insert_id?: string | undefined;
  readonly properties?: Readonly<Record<string, PropertyValue>> | undefined;
}

/** An event as the store returns it. */
export interface StoredEvent {
  event: string;
  user_id: string;
  /** ISO 8601 with milliseconds and Z. */
  time: string;
  /** As sent, or `~<writer>-<seq>` where none was sent. */
  insert_id: string;
  /** Absent properties are missing, never null. */
  properties: Record<string, Exclude<PropertyValue, null>>;
}

/** `durability` of an acknowledgement: fsynced on the local disk, or in the store for every process. */
export type Durability = "wal" | "committed";

export interface Rejection {
  /** Position in the call, 0-based; for NDJSON the line number, 1-based. */
  readonly index: number;
  readonly code: RejectionCode;
  readonly message: string;
}

/** What `append` promises when it resolves. */
export interface Acknowledgement {
  /** Events kept, repeats included. */
  readonly accepted: number;
  /** Repeats of a key (user_id, event, insert_id, UTC day) within this call; also counted in `accepted`. */
  readonly duplicates: number;
  readonly rejected: readonly Rejection[];
  /** Seqs of the first and last row kept; null when none was. */
  readonly seq: { readonly first: number; readonly last: number } | null;
  readonly durability: Durability;
}

/** Why one event was refused. Stable; each is documented in docs/errors.md. */
export const rejectionCodes = {
  EVENT_JSON: "The line is not JSON, or repeats a key",
  EVENT_SHAPE: "The value is not an event object",
  EVENT_FIELD_MISSING: "A required field is missing",
  EVENT_FIELD_TYPE: "A field has the wrong type",
  EVENT_FIELD_LENGTH: "A field is too short or too long",
  EVENT_FIELD_UNKNOWN: "A field is none of event, user_id, time, insert_id, properties",
  EVENT_TOO_LARGE: "The event is larger than 1 MB",
  TIME_INVALID: "The time is not ISO 8601 with a zone, integer epoch ms or a valid Date",
  TIME_IN_FUTURE: "The time is more than 1 h ahead of the clock",
  TIME_TOO_OLD: "The time is before 1971",
  NUMBER_UNSAFE: "A number is NaN, infinite, or an integer of magnitude 2^53 or more",
  TEXT_NOT_UNICODE: "An id or a name holds a lone surrogate",
  INSERT_ID_RESERVED: "An insert_id starts with ~, which marks derived ids",
} as const satisfies Record<string, string>;
export type RejectionCode = keyof typeof rejectionCodes;
