import type { ParsedFlow } from "../flow/parsed-flow.ts";
import { queryInvalid } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import {
  booleanOf,
  fieldsOf,
  integerOf,
  isAbsent,
  listOf,
  oneOf,
  stringOf,
} from "../query-place.ts";
import type { FlowCell, FlowPathCell } from "./parsed-users.ts";

const NODE_FIELDS = ["anchor", "offset", "label", "other", "outcome"];

/** @throws {ShaleError} QUERY_INVALID */
export function parseFlowCell(place: Place, of: ParsedFlow): FlowCell {
  if (of.mode === "paths") return parsePathCell(place, of);
  const fields = fieldsOf(place, NODE_FIELDS, "a cell of a flow");
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
    kind: "node",
    anchor: isAbsent(anchor) ? 0 : integerOf(anchor, "the place of an anchor", anchors),
    offset: integerOf(fields.at("offset"), "an offset", offsets),
    node: isOther ? "others" : named,
    outcome: isAbsent(outcome) ? "reached" : oneOf(outcome, outcomes, "an outcome"),
  };
}

/** The labels of a path as they stand in the answer, or all paths that it does not list. */
function parsePathCell(place: Place, { anchors, before, after }: ParsedFlow): FlowPathCell {
  const fields = fieldsOf(place, ["labels", "other"], "a cell of the paths of a flow");
  const [labels, other] = [fields.at("labels"), fields.at("other")];
  const isOther = !isAbsent(other) && booleanOf(other, "other");
  if (isOther && !isAbsent(labels)) {
    throw queryInvalid(labels.path, `${labels.path} must be left out: other paths have many`);
  }
  if (isOther) return { kind: "path", path: "others" };
  const bounds = { min: 1, max: anchors.length * (before + 1 + after) };
  const texts = listOf(labels, "labels of a path", bounds);
  return { kind: "path", path: texts.map((label) => stringOf(label, "the label of a step")) };
}
