import { labelOf, parseSelect } from "../parse-select.ts";
import { queryInvalid } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import { booleanOf, fieldsOf, isAbsent, listOf } from "../query-place.ts";
import type { ParsedFunnel, ParsedStep } from "./parsed-funnel.ts";

const STEP_COUNT_MAX = 100;
const FIELDS = ["event", "where", "label", "optional"];

export function parseSteps(place: Place, order: ParsedFunnel["order"]): ParsedStep[] {
  const places = listOf(place, "steps", { min: 1, max: STEP_COUNT_MAX });
  return places.map((step, index) => {
    const optional = fieldsOf(step, FIELDS, "a step").at("optional");
    const select = parseSelect(step, ["optional"]);
    const isOptional = isAbsent(optional) ? false : booleanOf(optional, "optional");
    if (isOptional && index === 0) {
      throw queryInvalid(
        optional.path,
        `${optional.path} must be false: a funnel begins with step 1`,
      );
    }
    if (isOptional && order !== "ordered") {
      const why = `order ${order} has no optional steps`;
      throw queryInvalid(optional.path, `${optional.path} must be false: ${why}`);
    }
    return { label: labelOf(select), select, optional: isOptional };
  });
}
