import type { ParsedFlow } from "../flow/parsed-flow.ts";
import { queryInvalid, queryNotBuilt } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import { booleanOf, fieldsOf, integerOf, isAbsent, oneOf, stringOf } from "../query-place.ts";
import type { FlowCell } from "./parsed-users.ts";

const FIELDS = ["anchor", "offset", "label", "other", "outcome"];

/** @throws {ShaleError} QUERY_INVALID; QUERY_NOT_BUILT for the users of a path */
export function parseFlowCell(place: Place, of: ParsedFlow): FlowCell {
  if (of.mode === "paths") throw queryNotBuilt("of.mode", "who is behind a path");
  const fields = fieldsOf(place, FIELDS, "a cell of a flow");
  const [anchor, outcome] = [fields.at("anchor"), fields.at("outcome")];
  const [label, other] = [fields.at("label"), fields.at("other")];
  const anchors = { min: 0, max: of.anchors.length - 1 };
  const offsets = { min: 0 - of.before, max: of.after };
  const outcomes = ["reached", "dropped", "pending"] as const;
  const isOther = !isAbsent(other) && booleanOf(other, "other");
  if (isOther && !isAbsent(label)) {
    throw queryInvalid(label.path, `${label.path} must be left out: the other nodes have none`);
  }
  const named = isAbsent(label) ? undefined : { label: stringOf(label, "the label of a node") };
  return {
    anchor: isAbsent(anchor) ? 0 : integerOf(anchor, "the place of an anchor", anchors),
    offset: integerOf(fields.at("offset"), "an offset", offsets),
    node: isOther ? "others" : named,
    outcome: isAbsent(outcome) ? "reached" : oneOf(outcome, outcomes, "an outcome"),
  };
}
