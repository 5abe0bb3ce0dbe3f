import { expect, it } from "vitest";
import { parseQuery } from "../../parse/parse-query.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import { planFunnel } from "../funnel-plan.ts";
import type { RowKinds } from "../rows/row-kinds.ts";
import type { ShardRows } from "../rows/shard-rows.ts";
import { createUserEvents } from "../rows/user-events.ts";
import { createOptimizedWalk } from "./optimized-walk.ts";
import { createTiedEvents } from "./tied-events.ts";

const START_MS = Date.UTC(2026, 9, 1);
const NAMES = "ABCX";

function planOf(options: object): FunnelPlan {
  const parsed = parseQuery({
    ...{ kind: "funnel", from: "2026-10-01", to: "2026-11-01", window: "7d", count: "totals" },
    ...{ entry: "optimized", steps: [{ event: "A" }, { event: "B" }, { event: "C" }] },
    ...options,
  });
  if (parsed.kind !== "funnel") throw new Error(parsed.kind);
  return planFunnel(parsed, Date.UTC(2026, 10, 1));
}

/** The levels of all attempts, and how often each event was looked at. */
function walked(names: string, options: object = {}) {
  const plan = planOf(options);
  let looks = 0;
  const isSeen = (holds: boolean): boolean => {
    looks++;
    return holds;
  };
  /** Kinds 0 to 2 stand for a step each, kind 3 is excluded everywhere. */
  const kinds: Pick<RowKinds, "fits" | "fitsAny" | "hits"> = {
    fits: (kind, step) => isSeen(kind === step),
    fitsAny: (kind) => isSeen(kind < 3),
    hits: (kind, from, to) => isSeen(kind === 3 && from >= 1 && to <= 2),
  };
  const rows = {
    timesMs: Float64Array.from(names, (_, index) => START_MS + index * 1_000),
    kinds: Uint32Array.from(names, (name) => NAMES.indexOf(name)),
    held: Uint32Array.from(names, (_, index) => index % 2),
  };
  const events = createUserEvents(plan, kinds as RowKinds, undefined);
  const order = Uint32Array.from(names, (_, index) => index);
  events.load(rows as unknown as ShardRows, order);
  events.setEntries(plan.fromMs, plan.toMs);
  const levels: number[] = [];
  const starts: number[] = [];
  const walk = createOptimizedWalk(plan, events, createTiedEvents(plan, events));
  walk((attempt) => {
    levels.push(attempt.level);
    starts.push(attempt.groups[0] ?? 0);
    return true;
  });
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  return { levels, looksPerEvent: looks / names.length };
}

it("finds attempts in order of time, none of them in another", () => {
  expect(walked("AABCABAC").levels).toEqual([1, 3, 3]);
  expect(walked("ABABAC").levels).toEqual([2, 3]);
  expect(walked("AXABXA", { exclude: [{ event: "X" }] }).levels).toEqual([1, 2, 1]);
});

const optional = [{ event: "A" }, { event: "B", optional: true }, { event: "C" }];
const long = 4_000;
it.each([
  ["entries only", "A".repeat(long), {}],
  ["pairs", "AB".repeat(long / 2), {}],
  ["entries before each chain", "AAABAC".repeat(long / 6), {}],
  ["chains in reverse", "CBA".repeat(long / 3), {}],
  ["entries, with an exclusion that never comes", "A".repeat(long), { exclude: [{ event: "X" }] }],
  ["entries, with an optional step that never comes", "A".repeat(long), { steps: optional }],
  ["two held values", "AABBA".repeat(long / 5), { holdConstant: ["plan"] }],
  ["entries in strict order", "A".repeat(long), { order: "strict" }],
])("looks at each event a few times only: %s", (_, names, options) => {
  expect(walked(names, options).looksPerEvent).toBeLessThan(60);
});
