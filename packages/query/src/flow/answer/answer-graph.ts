import type { FlowAnswer, FlowEdge, FlowNode } from "@shale/model";
import { compareText } from "../../filter/compare-text.ts";
import type { ParsedFlow } from "../../parse/flow/parsed-flow.ts";
import type { GraphPart } from "../counts/flow-part.ts";
import type { FlowGraph } from "../counts/graph-counts.ts";
import { COUNT, createFlowGraph, DROP_OFF, PENDING } from "../counts/graph-counts.ts";
import { planFlow, slotOf } from "../flow-plan.ts";
import type { FlowLabels } from "../rows/row-labels.ts";
import { createFlowLabels } from "../rows/row-labels.ts";

type GraphAnswer = Omit<Extract<FlowAnswer, { mode: "graph" }>, "meta">;

/** The greatest nodes of each step by name, the rest as one: that changes labels, and no sum. */
export function answerGraph(
  parsed: ParsedFlow,
  asOfMs: number,
  parts: readonly GraphPart[],
): GraphAnswer {
  const plan = planFlow(parsed, asOfMs);
  const labels = createFlowLabels();
  const graph = createFlowGraph();
  for (const part of parts) addPart(graph, labels, part);
  const slots = rankNodes(graph, labels, plan.anchorCount * plan.offsetCount);
  const places = placeNodes(graph, slots, parsed.topK);
  const edges = edgesBySlot(graph, places, slots.length);
  const answer: GraphAnswer = { kind: "flow", mode: "graph", steps: [], edges: [] };
  for (let anchor = 0; anchor < plan.anchorCount; anchor++) {
    const anchorField = plan.anchorCount === 1 ? {} : { anchor };
    for (let offset = 0 - parsed.before; offset <= parsed.after; offset++) {
      const slot = slotOf(plan, anchor, offset);
      const nodes = nodesOf(graph, labels, slots[slot] ?? [], parsed.topK);
      answer.steps.push({ ...anchorField, offset, nodes });
      if (offset === parsed.after) continue;
      const next = nodesOf(graph, labels, slots[slot + 1] ?? [], parsed.topK);
      for (const { from, to, count } of edges[slot] ?? []) {
        const ends = { from: nodes[from]?.label ?? null, to: next[to]?.label ?? null };
        answer.edges.push({ ...anchorField, offset, ...ends, count } satisfies FlowEdge);
      }
    }
  }
  return answer;
}

function addPart({ nodes, edges }: FlowGraph, labels: FlowLabels, part: GraphPart): void {
  const codes = part.labels.map((text) => labels.codeOf(text));
  const own = new Uint32Array(part.nodeSlots.length);
  for (let index = 0; index < own.length; index++) {
    const label = codes[part.nodeLabels[index] ?? 0] ?? 0;
    const node = nodes.indexOf(part.nodeSlots[index] ?? 0, label);
    own[index] = node;
    nodes.add(node, COUNT, part.counts[index] ?? 0);
    nodes.add(node, DROP_OFF, part.dropOffs[index] ?? 0);
    nodes.add(node, PENDING, part.pendings[index] ?? 0);
  }
  for (let index = 0; index < part.edgeFroms.length; index++) {
    const from = own[part.edgeFroms[index] ?? 0] ?? 0;
    const to = own[part.edgeTos[index] ?? 0] ?? 0;
    edges.add(edges.indexOf(from, to), COUNT, part.edgeCounts[index] ?? 0);
  }
}

/** By slot: its nodes, the greatest first, equal ones by label. */
function rankNodes({ nodes }: FlowGraph, labels: FlowLabels, slotCount: number): number[][] {
  const slots = Array.from({ length: slotCount }, (): number[] => []);
  for (let node = 0; node < nodes.count; node++) slots[nodes.firstOf(node)]?.push(node);
  const textOf = (node: number): string => labels.texts[nodes.secondOf(node)] ?? "";
  for (const ranked of slots) {
    ranked.sort(
      (left, right) =>
        nodes.valueOf(right, COUNT) - nodes.valueOf(left, COUNT) ||
        compareText(textOf(left), textOf(right)),
    );
  }
  return slots;
}

/** By node: its place in the answer of its slot; those behind the first `topK` share the last. */
function placeNodes({ nodes }: FlowGraph, slots: readonly number[][], topK: number): Uint32Array {
  const places = new Uint32Array(nodes.count);
  for (const ranked of slots) {
    for (const [rank, node] of ranked.entries()) places[node] = Math.min(rank, topK);
  }
  return places;
}

function nodesOf(
  { nodes }: FlowGraph,
  labels: FlowLabels,
  ranked: readonly number[],
  topK: number,
): FlowNode[] {
  const numbersOf = (group: readonly number[]) => {
    const sumOf = (measure: number): number =>
      group.reduce((sum, node) => sum + nodes.valueOf(node, measure), 0);
    return { count: sumOf(COUNT), dropOff: sumOf(DROP_OFF), pending: sumOf(PENDING) };
  };
  const shown = ranked.slice(0, topK).map((node): FlowNode => {
    return { label: labels.texts[nodes.secondOf(node)] ?? "", ...numbersOf([node]) };
  });
  const rest = ranked.slice(topK);
  if (rest.length > 0) shown.push({ label: null, other: true, ...numbersOf(rest) });
  return shown;
}

/** An edge between places of a slot and the next one. */
interface PlacedEdge {
  readonly from: number;
  readonly to: number;
  count: number;
}

/** By slot of their beginning: edges in the order of the nodes they come from, then go to. */
function edgesBySlot(
  { nodes, edges }: FlowGraph,
  places: Uint32Array,
  slotCount: number,
): PlacedEdge[][] {
  const bySlot = Array.from({ length: slotCount }, () => new Map<string, PlacedEdge>());
  for (let edge = 0; edge < edges.count; edge++) {
    const from = places[edges.firstOf(edge)] ?? 0;
    const to = places[edges.secondOf(edge)] ?? 0;
    const placed = bySlot[nodes.firstOf(edges.firstOf(edge))];
    const known = placed?.get(`${from} ${to}`);
    const count = edges.valueOf(edge, COUNT);
    if (known === undefined) placed?.set(`${from} ${to}`, { from, to, count });
    else known.count += count;
  }
  return bySlot.map((placed) =>
    [...placed.values()].sort((left, right) => left.from - right.from || left.to - right.to),
  );
}
