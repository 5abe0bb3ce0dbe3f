import type { FlowAnswer } from "@shale/model";
import { invariant } from "@shale/model";
import type { ParsedFlow } from "../../parse/flow/parsed-flow.ts";
import type { FlowPart, GraphPart, PathsPart } from "../counts/flow-part.ts";
import { answerGraph } from "./answer-graph.ts";
import { answerPaths } from "./answer-paths.ts";

export type FlowAnswerBody =
  | Omit<Extract<FlowAnswer, { mode: "graph" }>, "meta">
  | Omit<Extract<FlowAnswer, { mode: "paths" }>, "meta">;

/** The answer that the parts of all shards make together, however they were split. */
export function answerFlow(
  parsed: ParsedFlow,
  asOfMs: number,
  parts: readonly FlowPart[],
): FlowAnswerBody {
  if (parsed.mode === "graph") return answerGraph(parsed, asOfMs, parts.map(graphPartOf));
  return answerPaths(parsed, parts.map(pathsPartOf));
}

function graphPartOf(part: FlowPart): GraphPart {
  invariant(part.mode === "graph", "the parts of a graph are parts of graphs");
  return part;
}

function pathsPartOf(part: FlowPart): PathsPart {
  invariant(part.mode === "paths", "the parts of paths are parts of paths");
  return part;
}
