import { checkProperties } from "./check-properties.ts";
import type { TextRule } from "./check-text.ts";
import { checkText, textRules } from "./check-text.ts";
import { checkMixpanelTime, checkTime } from "./check-time.ts";
import type { EventDraft, Problem } from "./event-draft.ts";
import { problem } from "./event-draft.ts";
import type { PlainObject } from "./plain-object.ts";
import { isBareObject, isPlainObject, quote } from "./plain-object.ts";

const PLAIN_FIELDS: ReadonlySet<string> = new Set([
  "event",
  "user_id",
  "time",
  "insert_id",
  "properties",
]);
const MIXPANEL_FIELDS: ReadonlySet<string> = new Set(["event", "properties"]);
/** Properties of Mixpanel's shape that are fields here; all others keep their names. */
const MIXPANEL_NAMES: ReadonlySet<string> = new Set(["distinct_id", "time", "$insert_id"]);

/** Insert ids that start with it are made by Shale for events that came without one. */
const DERIVED_MARK = "~";

interface RawFields {
  readonly event?: unknown;
  readonly user_id?: unknown;
  readonly time?: unknown;
  readonly insert_id?: unknown;
  readonly properties?: unknown;
}
interface MixpanelProperties {
  readonly distinct_id?: unknown;
  readonly time?: unknown;
  readonly $insert_id?: unknown;
}

/**
 * Checks one event, in Shale's shape or Mixpanel's, and writes it into `draft`. The one path of
 * events from the API and of parsed JSON.
 *
 * A problem leaves the draft half written. Getters and proxies of the input may throw through it.
 */
export function checkEvent(input: unknown, draft: EventDraft): Problem | undefined {
  if (!isPlainObject(input)) {
    return problem("EVENT_SHAPE", `An event is an object, not ${quote(input)}`);
  }
  const fields: RawFields = input;
  draft.memberCount = 0;
  draft.propertyCount = 0;
  const properties = fields.properties;
  if (fields.user_id === undefined && isPlainObject(properties)) {
    const nested: MixpanelProperties = properties;
    if (nested.distinct_id !== undefined) return checkMixpanel(input, properties, draft);
  }
  return (
    checkEventName(fields.event, draft) ??
    checkUserId(textRules.userId, fields.user_id, draft) ??
    checkTime(fields.time, draft) ??
    checkInsertId(textRules.insertId, fields.insert_id, draft) ??
    checkProperties(properties, draft, undefined) ??
    checkFields(input, draft, PLAIN_FIELDS)
  );
}

function checkMixpanel(
  input: PlainObject,
  properties: PlainObject,
  draft: EventDraft,
): Problem | undefined {
  const fields: RawFields = input;
  const nested: MixpanelProperties = properties;
  return (
    checkEventName(fields.event, draft) ??
    checkUserId(textRules.mixpanelUserId, nested.distinct_id, draft) ??
    checkMixpanelTime(nested.time, draft) ??
    checkInsertId(textRules.mixpanelInsertId, nested.$insert_id, draft) ??
    checkProperties(properties, draft, MIXPANEL_NAMES) ??
    checkFields(input, draft, MIXPANEL_FIELDS)
  );
}

function checkFields(
  input: PlainObject,
  draft: EventDraft,
  known: ReadonlySet<string>,
): Problem | undefined {
  const isBare = isBareObject(input);
  for (const name in input) {
    if (!isBare && !Object.hasOwn(input, name)) continue;
    draft.memberCount++;
    if (known.has(name) || input[name] === undefined) continue;
    return problem(
      "EVENT_FIELD_UNKNOWN",
      `The field ${quote(name)} is none of ${[...known].join(", ")}: put it into properties`,
    );
  }
  return undefined;
}

function checkEventName(value: unknown, draft: EventDraft): Problem | undefined {
  const event = checkText(textRules.event, value);
  if (typeof event !== "string") return event;
  draft.event = event;
  return undefined;
}

function checkUserId(rule: TextRule, value: unknown, draft: EventDraft): Problem | undefined {
  const userId = checkText(rule, value);
  if (typeof userId !== "string") return userId;
  draft.userId = userId;
  return undefined;
}

function checkInsertId(rule: TextRule, value: unknown, draft: EventDraft): Problem | undefined {
  draft.insertId = undefined;
  if (value === undefined || value === null) return undefined;
  const insertId = checkText(rule, value);
  if (typeof insertId !== "string") return insertId;
  if (insertId.startsWith(DERIVED_MARK)) {
    return problem(
      "INSERT_ID_RESERVED",
      `${rule.path} ${quote(insertId)} starts with ${DERIVED_MARK}, which marks derived ids`,
    );
  }
  draft.insertId = insertId;
  return undefined;
}
