import type { FlowAnswer } from "@shale/model";
import type { PlainCell, PlainTable } from "../plain-table.ts";
import type { ColumnType } from "./table-of-rows.ts";
import { tableOfRows } from "./table-of-rows.ts";

const GRAPH_COLUMNS: readonly ColumnType[] = [
  { name: "part", type: "string" },
  { name: "anchor", type: "number" },
  { name: "offset", type: "number" },
  { name: "label", type: "string" },
  { name: "other", type: "boolean" },
  { name: "toLabel", type: "string" },
  { name: "toOther", type: "boolean" },
  { name: "count", type: "number" },
  { name: "dropOff", type: "number" },
  { name: "pending", type: "number" },
];

/**
 * A graph has a row a node and a row an edge, which `part` tells apart; an edge goes from label to
 * toLabel, at the next offset. Paths have a row each, and one for the rest.
 */
export function flowTable(answer: FlowAnswer): PlainTable {
  return answer.mode === "graph" ? graphTable(answer) : pathTable(answer);
}

type Graph = Extract<FlowAnswer, { mode: "graph" }>;
type Paths = Extract<FlowAnswer, { mode: "paths" }>;

function graphTable({ steps, edges }: Graph): PlainTable {
  const rows: PlainCell[][] = [];
  for (const { anchor = 0, offset, nodes } of steps) {
    for (const { label, other = false, count, dropOff, pending } of nodes) {
      rows.push(["node", anchor, offset, label, other, null, null, count, dropOff, pending]);
    }
  }
  for (const { anchor = 0, offset, from, to, count } of edges) {
    const ends = [from, from === null, to, to === null];
    rows.push(["edge", anchor, offset, ...ends, count, null, null]);
  }
  return tableOfRows(GRAPH_COLUMNS, rows);
}

function pathTable({ paths, other }: Paths): PlainTable {
  const length = paths.reduce((most, { labels }) => Math.max(most, labels.length), 0);
  const labels = Array.from({ length }, (_, index) => index);
  const rows = paths.map((path, index): PlainCell[] => {
    const own = labels.map((at) => path.labels[at] ?? null);
    return [index + 1, false, path.count, ...own];
  });
  return tableOfRows(
    [
      { name: "path", type: "number" },
      { name: "other", type: "boolean" },
      { name: "count", type: "number" },
      ...labels.map((at) => ({ name: `label${at + 1}`, type: "string" }) as const),
    ],
    [...rows, [null, true, other]],
  );
}
