import type { FunnelExclusion, FunnelQuery, FunnelStep, TimeUnit } from "@shale/model";
import { ShaleError } from "@shale/model";
import { unquoted } from "../parse-by.ts";
import { parseCondition, parseWhere } from "../parse-where.ts";
import type { BreakdownArguments, RangeArguments, SessionArguments } from "./question-range.ts";
import {
  breakdownOf,
  given,
  rangeOf,
  rangeWords,
  sentence,
  sessionOf,
  spanOf,
} from "./question-range.ts";

/** The flags of `shale funnel`. */
export interface FunnelArguments extends RangeArguments, BreakdownArguments, SessionArguments {
  readonly window: string;
  readonly order?: FunnelQuery["order"];
  readonly entry?: FunnelQuery["entry"];
  readonly count?: FunnelQuery["count"];
  readonly stepWhere: readonly string[];
  readonly optional: readonly number[];
  readonly exclude: readonly string[];
  readonly onExclude?: FunnelQuery["onExclude"];
  readonly ignore: readonly string[];
  readonly hold: readonly string[];
  readonly attribution?: string | undefined;
  readonly attemptWhere: readonly string[];
  readonly tieQuantum?: number | undefined;
  readonly tieRule?: "favourable" | "strict" | undefined;
  readonly trend?: TimeUnit | undefined;
  readonly trendMode?: "perInterval" | "byEntry" | undefined;
}

/** @throws {ShaleError} USAGE */
export function funnelQueryOf(
  steps: readonly string[],
  options: FunnelArguments,
  nowMs: number,
): FunnelQuery {
  const { order, entry, count, onExclude, exclude, ignore, hold } = options;
  const list = <T, R>(values: readonly T[], call: (value: T) => R): readonly R[] | undefined =>
    values.length === 0 ? undefined : values.map((value) => call(value));
  return {
    kind: "funnel",
    ...rangeOf(options, nowMs),
    steps: stepsOf(steps, options),
    window: windowOf(options.window),
    ...given({
      order,
      entry,
      count,
      exclude: list(exclude, exclusionOf),
      onExclude,
      ignore: list(ignore, (event) => ({ event })),
      holdConstant: list(hold, unquoted),
      attribution:
        options.attribution === undefined ? undefined : attributionOf(options.attribution),
      attemptWhere: parseWhere(options.attemptWhere),
      ties: tiesOf(options),
      trend: trendOf(options),
    }),
    ...breakdownOf(options),
    ...sessionOf(options),
  };
}

function stepsOf(names: readonly string[], { stepWhere, optional }: FunnelArguments): FunnelStep[] {
  const wheres = stepWhere.map((text) => stepConditionOf(text, names.length));
  for (const step of optional) checkStep("--optional", String(step), step, names.length);
  return names.map((event, index) => {
    const own = wheres.filter(({ step }) => step === index + 1).map(({ condition }) => condition);
    return given({
      event,
      where: parseWhere(own),
      optional: optional.includes(index + 1) ? true : undefined,
    });
  });
}

function stepConditionOf(text: string, stepCount: number) {
  const match = /^\s*(\d+)\s*:(.+)$/s.exec(text);
  if (match === null) {
    throw wrongOption("--step-where", text, 'write the step and a condition, as in "2: price>10"');
  }
  const step = Number(match[1]);
  const condition = match[2] ?? "";
  checkStep("--step-where", text, step, stepCount);
  parseCondition(condition);
  return { step, condition };
}

function checkStep(name: string, text: string, step: number, stepCount: number): void {
  if (step >= 1 && step <= stepCount) return;
  throw wrongOption(name, text, `steps go from 1 to ${stepCount}`);
}

function wrongOption(name: string, text: string, why: string): ShaleError {
  return new ShaleError("USAGE", `Cannot use ${JSON.stringify(text)} for ${name}: ${why}`);
}

/** `7d`, `sessions:1`, or `none`. */
function windowOf(text: string): FunnelQuery["window"] {
  if (text === "none") return null;
  const sessions = /^sessions:(\d{1,9})$/.exec(text);
  return sessions === null ? spanOf("--window", text) : { sessions: Number(sessions[1]) };
}

/** `refund`, or `refund:1-2` for between these two steps. */
function exclusionOf(text: string): FunnelExclusion {
  const match = /^(.+):(\d{1,3})-(\d{1,3})$/s.exec(text);
  if (match === null || isQuoted(text)) return { event: unquoted(text) };
  const [, event = "", first, last] = match;
  return { event: unquoted(event), between: [Number(first), Number(last)] };
}

function isQuoted(text: string): boolean {
  return /^"(?:[^"\\]|\\.)*"$/s.test(text);
}

/** The events of `--exclude`, without the steps they stand between. */
export function excludedEvents({ exclude }: FunnelArguments): string[] {
  return exclude.map((text) => String(exclusionOf(text).event));
}

function attributionOf(text: string): NonNullable<FunnelQuery["attribution"]> {
  const named = (["firstDefined", "lastDefined", "allSteps"] as const).find((one) => one === text);
  if (named !== undefined) return named;
  const step = /^step:(\d{1,3})$/.exec(text);
  if (step !== null) return { step: Number(step[1]) };
  throw wrongOption("--attribution", text, "write firstDefined, lastDefined, allSteps or step:2");
}

function tiesOf({ tieQuantum, tieRule }: FunnelArguments): FunnelQuery["ties"] {
  if (tieQuantum === undefined && tieRule === undefined) return undefined;
  return { quantumMs: tieQuantum ?? 1, rule: tieRule ?? "favourable" };
}

function trendOf({ trend, trendMode }: FunnelArguments): FunnelQuery["trend"] {
  if (trend !== undefined) return { mode: trendMode ?? "perInterval", unit: trend };
  if (trendMode === undefined) return undefined;
  throw new ShaleError("USAGE", "Cannot use --trend-mode alone: add --trend day, or another unit");
}

const counts = {
  uniques: "users",
  totals: "attempts",
  sessions: "sessions",
} as const;
const orders = { ordered: "", strict: "in strict order", any: "in any order" } as const;

/** `view → purchase: users within 7d from …`. */
export function funnelHeading(
  steps: readonly string[],
  options: FunnelArguments,
  query: FunnelQuery,
): string {
  const { window, order, count, exclude } = options;
  return sentence([
    `${steps.join(order === "any" ? ", " : " → ")}:`,
    counts[count ?? "uniques"],
    orders[order ?? "ordered"],
    window === "none" ? "without a time limit" : `within ${window}`,
    exclude.length > 0 ? `without ${exclude.join(", ")}` : "",
    ...rangeWords(options, query),
  ]);
}
