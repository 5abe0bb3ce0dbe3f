import type { FunnelAnswer } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { Intervals } from "../../calendar/plan-intervals.ts";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import type { ParsedFunnel } from "../../parse/funnel/parsed-funnel.ts";
import { planFunnel } from "../funnel-plan.ts";
import { answerSteps } from "./answer-steps.ts";
import type { AttemptColumns } from "./attempt-table.ts";
import { joinAttempts } from "./attempt-table.ts";
import type { FunnelTrendPart } from "./funnel-trend.ts";
import { answerTrend } from "./funnel-trend.ts";
import type { PlacedPart, SegmentAttemptsPart } from "./segment-attempts.ts";
import { answerSegments } from "./segment-attempts.ts";

/** The attempts of some shards. */
export interface FunnelPart {
  readonly attempts: AttemptColumns;
  /** Those of the whole, ascending; the others are there for segments only. */
  readonly overall: Uint32Array;
  /** undefined: no breakdown. */
  readonly segments: SegmentAttemptsPart | undefined;
  /** undefined: no trend. */
  readonly trend: FunnelTrendPart | undefined;
}

export function answerFunnel(
  parsed: ParsedFunnel,
  asOfMs: number,
  parts: readonly FunnelPart[],
): Omit<FunnelAnswer, "meta"> {
  const plan = planFunnel(parsed, asOfMs);
  const attempts = joinAttempts(parts.map((part) => part.attempts));
  const overall = new Uint32Array(parts.reduce((sum, part) => sum + part.overall.length, 0));
  const segments: PlacedPart<SegmentAttemptsPart>[] = [];
  let [place, firstAttempt] = [0, 0];
  for (const part of parts) {
    for (const attempt of part.overall) overall[place++] = firstAttempt + attempt;
    if (part.segments !== undefined) segments.push({ part: part.segments, firstAttempt });
    firstAttempt += part.attempts.users.length;
  }
  const intervals = planTrend(parsed);
  return {
    kind: "funnel",
    order: parsed.order,
    steps: answerSteps(plan, attempts, overall),
    ...(parsed.by && { segments: answerSegments(plan, attempts, segments) }),
    ...(parsed.trend &&
      intervals && {
        trendMode: parsed.trend.mode,
        trend: answerTrend(
          plan,
          intervals,
          parts.flatMap(({ trend }) => trend ?? []),
        ),
      }),
  };
}

/** The intervals of the trend. @throws {ShaleError} QUERY_INVALID for too many */
export function planTrend(parsed: ParsedFunnel): Intervals | undefined {
  if (parsed.trend === undefined) return undefined;
  try {
    return planIntervals({ ...parsed, unit: parsed.trend.unit });
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    throw new ShaleError(error.code, error.message, { path: "trend.unit", cause: error });
  }
}
