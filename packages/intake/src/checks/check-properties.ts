import type { JsonWalk } from "./canonical-json.ts";
import { isSafeNumber, jsonTextOf, listTextOf, numberProblem } from "./canonical-json.ts";
import { checkText, textRules } from "./check-text.ts";
import type { EventDraft, Problem } from "./event-draft.ts";
import { problem } from "./event-draft.ts";
import { isBareObject, isPlainObject, quote } from "./plain-object.ts";

/**
 * Writes the properties into the draft, those named in `skipped` left out. Null and undefined are
 * absent, -0 is 0, an object becomes its JSON text.
 */
export function checkProperties(
  properties: unknown,
  draft: EventDraft,
  skipped: ReadonlySet<string> | undefined,
): Problem | undefined {
  if (properties === undefined || properties === null) return undefined;
  if (!isPlainObject(properties)) {
    return problem("EVENT_FIELD_TYPE", `properties is ${quote(properties)} and must be an object`);
  }
  const isBare = isBareObject(properties);
  for (const name in properties) {
    if (!isBare && !Object.hasOwn(properties, name)) continue;
    draft.memberCount++;
    if (skipped?.has(name) === true) continue;
    const checkedName = checkText(textRules.propertyName, name);
    if (typeof checkedName !== "string") return checkedName;
    const value = checkValue(name, properties[name], draft);
    if (value === undefined) continue;
    if (typeof value === "object") return value;
    draft.names[draft.propertyCount] = name;
    draft.values[draft.propertyCount] = value;
    draft.propertyCount++;
  }
  return undefined;
}

/** The value to store, undefined for an absent one, or what is wrong with it. */
function checkValue(
  name: string,
  value: unknown,
  draft: EventDraft,
): string | number | boolean | undefined | Problem {
  draft.isList[draft.propertyCount] = false;
  switch (typeof value) {
    case "string": // Its lone surrogates become U+FFFD where a text table writes it.
    case "boolean":
    case "undefined":
      return value;
    case "number":
      if (!isSafeNumber(value)) return numberProblem(pathOf(name), value);
      return value === 0 ? 0 : value;
    case "object":
      return value === null ? undefined : checkNested(name, value, draft);
    default:
      return problem(
        "EVENT_FIELD_TYPE",
        `${pathOf(name)} is ${quote(value)}: JSON has no such value`,
      );
  }
}

function checkNested(name: string, value: object, draft: EventDraft): string | Problem {
  const walk: JsonWalk = { path: pathOf(name), memberCount: 0, size: 0 };
  const isList = Array.isArray(value);
  const text = isList ? listTextOf(value, walk) : jsonTextOf(value, walk, 1);
  if (typeof text !== "string") return text;
  draft.memberCount += walk.memberCount;
  draft.isList[draft.propertyCount] = isList;
  return text;
}

function pathOf(name: string): string {
  return `properties[${quote(name)}]`;
}
