import type { FlowAnswer } from "@shale/model";
import { compareText } from "../../filter/compare-text.ts";
import type { ParsedFlow } from "../../parse/flow/parsed-flow.ts";
import type { CountedPairs } from "../counts/counted-pairs.ts";
import { createCountedPairs } from "../counts/counted-pairs.ts";
import type { PathsPart } from "../counts/flow-part.ts";
import type { FlowLabels } from "../rows/row-labels.ts";
import { createFlowLabels } from "../rows/row-labels.ts";

type PathsAnswer = Omit<Extract<FlowAnswer, { mode: "paths" }>, "meta">;
type Path = PathsAnswer["paths"][number];

/** The paths that most flows took, equal ones label by label; the others as one number. */
export function answerPaths({ paths }: ParsedFlow, parts: readonly PathsPart[]): PathsAnswer {
  const labels = createFlowLabels();
  const tree = createCountedPairs(1);
  for (const part of parts) addPart(tree, labels, part);
  const ended = Array.from({ length: tree.count }, (_, node) => node).filter(
    (node) => tree.valueOf(node, 0) > 0,
  );
  const ranked = greatest(tree, ended, paths).map((node) => pathOf(tree, labels, node));
  ranked.sort((left, right) => right.count - left.count || compareLabels(left, right));
  const shown = ranked.slice(0, paths);
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
  const total = sum(ended.map((node) => tree.valueOf(node, 0)));
  return {
    kind: "flow",
    mode: "paths",
    paths: shown,
    other: total - sum(shown.map(({ count }) => count)),
  };
}

/** A node comes behind its parent in a part, so that the parent is already known here. */
function addPart(tree: CountedPairs, labels: FlowLabels, part: PathsPart): void {
  const codes = part.labels.map((text) => labels.codeOf(text));
  const own = new Uint32Array(part.parents.length + 1); // By 1 + node; the root is 0.
  for (let index = 0; index < part.parents.length; index++) {
    const parent = own[part.parents[index] ?? 0] ?? 0;
    const node = tree.indexOf(parent, codes[part.nodeLabels[index] ?? 0] ?? 0);
    tree.add(node, 0, part.counts[index] ?? 0);
    own[index + 1] = node + 1;
  }
}

/** The nodes that may be among the first `limit`: those that tie with the last one are in. */
function greatest(tree: CountedPairs, nodes: readonly number[], limit: number): number[] {
  if (nodes.length <= limit) return [...nodes];
  const counts = Float64Array.from(nodes, (node) => tree.valueOf(node, 0)).sort();
  const least = counts[counts.length - limit] ?? 0;
  return nodes.filter((node) => tree.valueOf(node, 0) >= least);
}

function pathOf(tree: CountedPairs, labels: FlowLabels, node: number): Path {
  const codes: number[] = [];
  for (let at = node + 1; at > 0; at = tree.firstOf(at - 1)) codes.push(tree.secondOf(at - 1));
  return {
    labels: codes.reverse().map((code) => labels.texts[code] ?? ""),
    count: tree.valueOf(node, 0),
  };
}

function compareLabels(left: Path, right: Path): number {
  for (const [index, label] of left.labels.entries()) {
    const other = right.labels[index];
    if (other === undefined) return 1;
    const order = compareText(label, other);
    if (order !== 0) return order;
  }
  return left.labels.length - right.labels.length;
}
