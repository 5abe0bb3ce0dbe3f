import { stripVTControlCharacters } from "node:util";
import type {
  ReshardLogEntry,
  ReshardPlan,
  ReshardStatus,
  UnitDifference,
  Validated,
} from "@shale/engine";
import { commandsIn, transitionTable } from "@shale/engine";
import { describe, expect, test } from "vitest";
import { paletteOf } from "../palette.ts";
import type { Layout } from "../table.ts";
import { widthOf } from "../text.ts";
import { backfillFacts } from "./facts.ts";
import { reshardLogText } from "./log.ts";
import { nextCommand } from "./next-command.ts";
import { reshardPlanText } from "./plan.ts";
import { reshardStatusLine, reshardStatusText } from "./status.ts";
import {
  abortedText,
  backfilledText,
  begunText,
  collectedText,
  finalizedText,
  rolledBackText,
} from "./steps.ts";
import { comparisonText, validatedText } from "./validation.ts";

const token = "00112233445566778899aabbccddeeff";
const until = "2026-12-07T10:42:35.474Z";

const plan: ReshardPlan = {
  from: { spec: "A", shards: 200 },
  to: { spec: "B", shards: 800 },
  ...{ jobs: 5_840, rows: 1_234_567_890, bytes: 30_000_000_000, diskPeakBytes: 60_000_000_000 },
  ...{ etaMs: 5_400_000, skew: { before: 1.061, after: 9.8 }, largestUser: { share: 0.0123 } },
  warnings: [
    "One user has 1.2% of the rows, more than an average shard of 800: no number of shards splits a user",
  ],
};
const progress = {
  ...{ jobsDone: 12, jobsTotal: 34, rowsDone: 1_200_000, rowsTotal: 3_400_000 },
  ...{ bytesDone: 12_000_000, bytesTotal: 34_000_000 },
};
const backfilling: ReshardStatus = {
  ...{ state: "backfilling", live: "A", operationId: "reshard-6a09bf2e", generation: 1, progress },
  ...{ from: { spec: "A", shards: 200 }, to: { spec: "B", shards: 800 }, strategy: "chunked" },
  ...{ lag: { tailObjects: 3 }, behind: null, paused: true, rollbackUntil: null },
  validation: { token: null, valid: false, reason: "not validated yet" },
  throttle: { bytesPerSecond: 50_000_000, concurrency: 2, window: null },
  lastError: { code: "DISK_FULL", message: "Cannot put a file\u001b[2J", at: until },
  next: commandsIn("backfilling"),
};
const finalized: ReshardStatus = {
  ...{ ...backfilling, state: "finalized", live: "B", paused: false, lastError: null },
  behind: { spec: "A", since: until, target: null },
  validation: { token, valid: false, reason: "used by finalize" },
  ...{ rollbackUntil: until, next: commandsIn("finalized") },
};
const steady: ReshardStatus = {
  ...{ state: "steady", live: "B", operationId: null, generation: 1, progress: null, lag: null },
  ...{ from: null, to: null, strategy: null, behind: null, paused: false, throttle: null },
  validation: { token: null, valid: false, reason: "not validated yet" },
  ...{ lastError: null, rollbackUntil: null, next: commandsIn("steady") },
};

const facts = (events: number, digit: string) => ({
  ...{ events, users: Math.ceil(events / 3), digest: digit.repeat(32) },
});
const event = {
  ...{ event: "purchase", user_id: "ada\u001b[31m", time: "2026-10-02T09:20:00.000Z" },
  ...{ insert_id: "3", properties: { price: 30, country: "GB" } },
};
const differences: readonly UnitDifference[] = [
  { ...{ day: "2026-10-02", generation: 1, shard: 17 }, missing: [event, event], extra: [] },
  { ...{ day: "2026-10-02", generation: 1, shard: 18 }, missing: [], extra: [event] },
];
const units: Validated["units"] = [
  unitOf("2026-10-01", true),
  { ...unitOf("2026-10-02", false), generation: 1 },
];
function unitOf(day: string, equal: boolean): Validated["units"][number] {
  return {
    day,
    generation: 0,
    equal,
    old: facts(12_345, "a"),
    new: facts(12_344, equal ? "a" : "b"),
  };
}
const differing: Validated = {
  ...{ matched: false, cut: { 1: 9, 2: 8 }, misplaced: 1, token: null, units, differences },
  objects: [{ object: "shop/spec=B/shard=3/day=2026-10-01/a.parquet", problem: "missing" }],
};
const matched: Validated = {
  ...{ matched: true, cut: { 1: 9 }, misplaced: 0, token, differences: [], objects: [] },
  units: Array.from({ length: 62 }, (_, n) =>
    unitOf(`2026-10-${String(n + 1).padStart(2, "0")}`, true),
  ),
};
const steps: readonly ReshardLogEntry[] = [
  {
    ...{ number: 1, operation: "reshard-6a09bf2e", verb: "begin", from: "steady", to: "teeing" },
    ...{ at: until, by: "process 7 on a-host.example.org" },
    facts: { source: "A", spec: "B", shards: 800, horizonDay: null },
  },
  {
    ...{ number: 2, operation: "reshard-6a09bf2e", verb: "backfill", from: "teeing" },
    ...{ to: "backfilling", at: until, by: "process 8 on a-host.example.org", facts: {} },
  },
];

const pages: Record<string, (layout: Layout) => string> = {
  "a plan": (layout) => reshardPlanText(plan, layout),
  "a plan of an empty project": (layout) =>
    reshardPlanText({ ...plan, etaMs: null, jobs: 0, rows: 0, bytes: 0, warnings: [] }, layout),
  "a reshard that was begun": (layout) =>
    begunText(
      {
        operationId: "grow",
        spec: "B",
        shards: 800,
        generation: 1,
        state: "teeing",
        cut: { 1: 9 },
      },
      layout,
    ),
  "a chunked one": (layout) =>
    begunText(
      { operationId: "grow", spec: "B", shards: 800, generation: null, state: "copying", cut: {} },
      layout,
    ),
  "a backfill": (layout) =>
    backfilledText(
      {
        ...progress,
        state: "backfilling",
        rowsPerSecond: 310_000,
        etaMs: 0,
        complete: true,
        paused: false,
        spec: "B",
      },
      layout,
    ),
  "a backfill that was paused": (layout) =>
    backfilledText(
      {
        ...progress,
        state: "backfilling",
        rowsPerSecond: 0,
        etaMs: null,
        complete: false,
        paused: true,
      },
      layout,
    ),
  "a status": (layout) => reshardStatusText(backfilling, layout),
  "a status after finalize": (layout) => reshardStatusText(finalized, layout),
  "a status without a reshard": (layout) => reshardStatusText(steady, layout),
  "a validation that matched": (layout) => validatedText({ ...matched, spec: "B" }, layout),
  "a validation that did not": (layout) => validatedText(differing, layout),
  "a finalize": (layout) =>
    finalizedText({ state: "finalized", live: "B", pauseMs: 12, rollbackUntil: until }, layout),
  "a rollback": (layout) =>
    rolledBackText(
      {
        state: "validating",
        live: "A",
        pauseMs: 9,
        comparison: { matched: true, units, differences: [] },
      },
      layout,
    ),
  "a rollback with differences": (layout) =>
    rolledBackText(
      {
        state: "validating",
        live: "A",
        pauseMs: 9,
        comparison: { matched: false, units, differences },
      },
      layout,
    ),
  "a comparison with a spec that is damaged": (layout) =>
    comparisonText(
      { matched: false, error: { code: "OBJECT_CORRUPT", message: "Cannot read shop/spec=B/a" } },
      layout,
    ),
  "an abort": (layout) => abortedText({ state: "steady", live: "A" }, layout),
  "a collect": (layout) =>
    collectedText(
      {
        state: "steady",
        live: "B",
        deletedObjects: 240,
        deletedBytes: 567_890_123,
        kept: [{ why: "grace", objects: 3 }],
      },
      layout,
    ),
  "a log": (layout) => reshardLogText(steps, layout),
  "an empty log": (layout) => reshardLogText([], layout),
};

describe.each(Object.entries(pages))("%s", (_name, page) => {
  test.each([40, 60, 80, 120])("at %i columns", (width) => {
    const plain = page({ width, palette: paletteOf({ colour: false }) });
    const coloured = page({ width, palette: paletteOf({ colour: true }) });
    if (width === 40 || width === 80) expect(plain).toMatchSnapshot();
    expect(plain).not.toContain("\u001b");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    for (const line of plain.split("\n")) {
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
    }
  });
});

test("the command named next may run in its state, whatever else holds", () => {
  for (const state of new Set(transitionTable.map(({ from }) => from))) {
    for (const isCopied of [false, true]) {
      for (const hasToken of [false, true]) {
        const command = nextCommand({ state, spec: "B", isCopied, hasToken, isPaused: true });
        const verb = /^shale reshard (\w+)/.exec(command ?? "")?.[1];
        if (state === "steady") expect(command).toBe(undefined);
        else expect(commandsIn(state)).toContain(verb);
      }
    }
  }
});

test("a line of a status says what changes, and facts of a view why it waits", () => {
  expect(reshardStatusLine(backfilling)).toBe(
    "backfilling, spec A answers; 35.3 %: 1,200,000 of 3,400,000 rows, 11.4 MiB of 32.4 MiB, 12 of 34 jobs; 3 tail objects to drain; paused; stopped by DISK_FULL",
  );
  expect(reshardStatusLine(steady)).toBe("steady, spec B answers");
  const shown = { ...progress, rowsPerSecond: 1, etaMs: null, waits: "rate" } as const;
  expect(backfillFacts(shown, backfilling)).toEqual([
    "waits for the throttle",
    "12/34 jobs",
    "11.4 MiB of 32.4 MiB",
    "at most 50 MB/s, 2 jobs at once",
    "3 tail objects to drain",
    "stopped before by DISK_FULL",
  ]);
  expect(backfillFacts({ ...shown, waits: null }, undefined)[0]).toBe("12/34 jobs");
});
