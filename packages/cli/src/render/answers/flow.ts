import type { FlowAnswer, FlowNode } from "@shale/model";
import { numberText, rateText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { breakText, fitText, visibleText, widthOf } from "../text.ts";
import { joinedParts, nothingText, paragraph } from "./wording.ts";

type Graph = Extract<FlowAnswer, { mode: "graph" }>;
type Paths = Extract<FlowAnswer, { mode: "paths" }>;

/** A graph step by step, or paths with the commonest first. */
export function flowText(answer: FlowAnswer, layout: Layout): string {
  return answer.mode === "graph" ? graphText(answer, layout) : pathsText(answer, layout);
}

interface Line {
  readonly indent: string;
  readonly label: string;
  readonly count: number;
  /** Of the users at the anchor; undefined for what is not drawn as a bar. */
  readonly share?: number | null;
}
interface Step {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Each step with its nodes; below a node, where they go from there and how many stop. */
function graphText(answer: Graph, layout: Layout): string {
  const anchors = [...new Set(answer.steps.map(({ anchor }) => anchor ?? 0))];
  const groups = anchors.map((anchor) => ({ anchor, steps: stepsOf(answer, anchor) }));
  const lines = groups.flatMap(({ steps }) => steps.flatMap((step) => step.lines));
  if (lines.length === 0) return nothingText(layout);
  const draw = lineDrawer(lines, layout);
  const parts = groups.flatMap(({ anchor, steps }) => {
    const names = steps.find(({ title }) => title === "anchor")?.lines[0]?.label ?? "";
    const title = `anchor ${anchor + 1} of ${anchors.length}: ${names}`;
    const heading = anchors.length > 1 ? [paragraph(title, layout, layout.palette.strong)] : [];
    return [...heading, ...steps.map((step) => stepText(step, draw, layout))];
  });
  return joinedParts(parts);
}

function stepText({ title, lines }: Step, draw: (line: Line) => string, layout: Layout): string {
  const shown = lines.length === 0 ? ["  nobody"] : lines.map(draw);
  return [paragraph(title, layout, layout.palette.strong), ...shown].join("\n");
}

function stepsOf({ steps, edges }: Graph, anchor: number): Step[] {
  const own = <T extends { anchor?: number }>(list: readonly T[]): T[] =>
    list.filter((one) => (one.anchor ?? 0) === anchor);
  const total = own(steps)
    .filter(({ offset }) => offset === 0)
    .flatMap(({ nodes }) => nodes)
    .reduce((sum, { count }) => sum + count, 0);
  const anchorCount = own(steps).find(({ offset }) => offset === 0)?.nodes.length ?? 0;
  return own(steps).map(({ offset, nodes }) => ({
    title: offsetTitle(offset),
    lines: nodes.flatMap((node) => {
      // Right before the only anchor everyone goes there: that needs no lines.
      if (offset === -1 && anchorCount === 1) return nodeLines(node, [], total);
      const out = own(edges).filter((edge) => edge.offset === offset && edge.from === node.label);
      return nodeLines(node, out, total);
    }),
  }));
}

function offsetTitle(offset: number): string {
  if (offset === 0) return "anchor";
  const count = Math.abs(offset);
  return `${count} ${count === 1 ? "step" : "steps"} ${offset < 0 ? "before" : "after"}`;
}

function nodeLines(
  { label, count, dropOff, pending }: FlowNode,
  edges: Graph["edges"],
  total: number,
): Line[] {
  const below = [
    ...edges.map((edge) => ({ label: `→ ${labelText(edge.to)}`, count: edge.count })),
    ...(dropOff > 0 ? [{ label: "drop-off", count: dropOff }] : []),
    ...(pending > 0 ? [{ label: "pending", count: pending }] : []),
  ];
  const share = total === 0 ? null : count / total;
  return [
    { indent: "  ", label: labelText(label), count, share },
    ...below.map((line, index) => ({
      ...line,
      indent: index === below.length - 1 ? "  └─ " : "  ├─ ",
    })),
  ];
}

function labelText(label: string | null): string {
  return label === null ? "(other)" : visibleText(label);
}

/** One line: label, count, and for nodes their share of the anchor and a bar. */
function lineDrawer(lines: readonly Line[], { width, palette }: Layout): (line: Line) => string {
  const counts = Math.max(...lines.map(({ count }) => widthOf(numberText(count))));
  const shares = Math.max(
    ...lines.map(({ share }) => (share === undefined ? 0 : widthOf(rateText(share)))),
  );
  const wanted = Math.max(...lines.map(({ indent, label }) => widthOf(indent) + widthOf(label)));
  const withShares = width >= counts + shares + 20;
  const fixed = 2 + counts + (withShares ? 2 + shares : 0);
  const labelWidth = Math.min(wanted, Math.max(1, width - fixed));
  const room = width - fixed - labelWidth - 2;
  return ({ indent, label, count, share }) => {
    const name = fitText(indent + label, labelWidth, "left");
    const number = fitText(numberText(count), counts, "right");
    if (share === undefined) return `${name}  ${number}`;
    const part = withShares ? `  ${fitText(rateText(share), shares, "right")}` : "";
    const cells = room < 4 ? 0 : Math.round(Math.min(1, share ?? 0) * room);
    return `${name}  ${number}${part}  ${palette.bar("█".repeat(cells))}`.trimEnd();
  };
}

/** Count, share of all, and the path, on several lines where it is long. */
function pathsText({ paths, other }: Paths, layout: Layout): string {
  const total = paths.reduce((sum, { count }) => sum + count, other);
  if (total === 0) return nothingText(layout);
  const rows = [
    ...paths.map(({ labels, count }) => ({ text: labels.join(" → "), count })),
    ...(other > 0 ? [{ text: "(other)", count: other }] : []),
  ];
  const countWidth = Math.max(...rows.map(({ count }) => widthOf(numberText(count))));
  const withShares = layout.width >= countWidth + 30;
  const indent = countWidth + 2 + (withShares ? 9 : 0);
  const text = rows.flatMap(({ text: path, count }) => {
    const share = withShares ? `${rateText(count / total).padStart(7)}  ` : "";
    const start = `${fitText(numberText(count), countWidth, "right")}  ${share}`;
    return breakText(path, Math.max(1, layout.width - indent)).map((line, index) =>
      index === 0 ? start + line : " ".repeat(indent) + line,
    );
  });
  return text.join("\n");
}
