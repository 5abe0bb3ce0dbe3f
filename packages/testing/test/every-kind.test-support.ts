import type { Answer, EventSelect, Query } from "@shale/model";
import type { Asked } from "./engine-process.test-support.ts";
import { timelineOf } from "./engine-process.test-support.ts";

const view: EventSelect = { event: "view" };
const buy: EventSelect = { event: "buy" };
const buyers = { cohort: { did: buy } };

/** Queries of every kind, some over cohorts, about views and buys between two dates. */
export function everyKind(from: string, to: string, userId = "u1"): Query[] {
  const asOf = "2026-06-01";
  const range = { from, to, asOf };
  const steps = [view, buy];
  return [
    {
      kind: "segmentation",
      ...range,
      unit: "day",
      by: ["plan"],
      limit: 1,
      series: [
        { select: view, measure: "total" },
        { select: {}, measure: "unique" },
        { select: buy, measure: { percentile: 50, of: "price" } },
        { select: {}, measure: "wau" },
      ],
    },
    {
      kind: "segmentation",
      ...range,
      unit: "range",
      where: buyers,
      series: [{ select: {}, measure: "sessions" }],
    },
    { kind: "funnel", ...range, steps, window: "1d", by: ["plan"], count: "totals" },
    { kind: "funnel", ...range, steps, window: "1d", order: "any", where: buyers },
    { kind: "retention", ...range, birth: view, return: buy, unit: "day", by: ["plan"] },
    { kind: "flow", ...range, anchors: [view], before: 1, after: 2, count: "totals" },
    { kind: "flow", ...range, anchors: [view], mode: "paths", count: "sessions" },
    { kind: "lifecycle", ...range, select: view, unit: "day" },
    { kind: "stickiness", ...range, select: view, unit: "day" },
    { kind: "users", cohort: { all: [{ did: view }, { not: { did: buy } }] }, asOf },
    { kind: "users", cohort: { firstTime: view }, asOf, limit: 2 },
    {
      kind: "users",
      of: { kind: "funnel", ...range, steps, window: "1d" },
      cell: { step: 2, outcome: "reached" },
      asOf,
    },
    { kind: "timeline", user_id: userId, limit: 3 },
  ];
}

/** An answer without what may differ between stores. */
async function bareAnswer(asked: Asked, query: Query): Promise<unknown> {
  if (query.kind === "timeline") return await timelineOf(asked, query);
  const { meta: _meta, ...answer }: Answer = await asked.query(query);
  return "cursor" in answer ? { ...answer, cursor: answer.cursor !== null } : answer;
}

export async function bareAnswers(asked: Asked, queries: readonly Query[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const query of queries) answers.push(await bareAnswer(asked, query));
  return answers;
}
