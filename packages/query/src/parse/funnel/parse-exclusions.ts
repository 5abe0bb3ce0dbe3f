import { parseSelect } from "../parse-select.ts";
import { queryInvalid } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import { fieldsOf, integerOf, isAbsent, listOf } from "../query-place.ts";
import type { ParsedExclusion, ParsedFunnel, ParsedStep } from "./parsed-funnel.ts";

const EXCLUSION_COUNT_MAX = 100;
const FIELDS = ["event", "where", "label", "between"];

interface Around {
  readonly order: ParsedFunnel["order"];
  readonly steps: readonly ParsedStep[];
}

export function parseExclusions(place: Place, around: Around): ParsedExclusion[] {
  if (isAbsent(place)) return [];
  const places = listOf(place, "exclusions", { min: 0, max: EXCLUSION_COUNT_MAX });
  if (places.length > 0 && around.order === "any") {
    const why = "steps in any order have nothing between them";
    throw queryInvalid(place.path, `${place.path} must be left out: ${why}`);
  }
  if (places.length > 0 && requiredOf(around).length < 2) {
    const why = "it stands between two required steps";
    throw queryInvalid(place.path, `${place.path} must be left out: ${why}`);
  }
  return places.map((one) => {
    const between = fieldsOf(one, FIELDS, "an exclusion").at("between");
    const select = parseSelect(one, ["between"]);
    const [after, before] = parseBetween(between, around);
    return { select, after, before };
  });
}

/** Numbers of the required steps, from 1. */
function requiredOf({ steps }: Around): number[] {
  return steps.flatMap(({ optional }, index) => (optional ? [] : [index + 1]));
}

function parseBetween(place: Place, around: Around): [number, number] {
  const required = requiredOf(around);
  if (isAbsent(place)) return [1, required.at(-1) ?? 1];
  const bounds = { min: 1, max: around.steps.length };
  const ends = listOf(place, "steps", { min: 2, max: 2 });
  const numbers = ends.map((end) => integerOf(end, "a step", bounds));
  for (const [index, number] of numbers.entries()) {
    if (required.includes(number)) continue;
    const path = ends[index]?.path ?? place.path;
    throw queryInvalid(path, `${path} must be a required step (${required.join(", ")})`, {
      allowed: required,
    });
  }
  const [after = 1, before = 1] = numbers;
  if (after < before) return [after, before];
  throw queryInvalid(place.path, `${place.path} must rise: ${before} does not lie above ${after}`);
}
