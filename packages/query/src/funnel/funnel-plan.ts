import type { ParsedFunnel } from "../parse/funnel/parsed-funnel.ts";
import { SESSION_MS_MAX } from "../sessions/track-sessions.ts";

/** A funnel as its walks see it. Steps count from 0; a level is a number of required steps. */
export interface FunnelPlan {
  readonly parsed: ParsedFunnel;
  readonly stepCount: number;
  /** The steps that are not optional; for order "any" all of them. */
  readonly required: Uint32Array;
  readonly hasOptional: boolean;
  /** Infinity: no limit in time. */
  readonly windowMs: number;
  /** Sessions that an attempt may lie in, the first its own; undefined: they do not matter. */
  readonly sessionCount: number | undefined;
  /** An attempt is one of a session, and not of a user. */
  readonly isPerSession: boolean;
  /** All attempts of a user count. */
  readonly isTotals: boolean;
  readonly asOfMs: number;
  /** Only events in [fromMs, endMs) are looked at; entries, or their sessions, begin before toMs. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly endMs: number;
  readonly quantumMs: number;
  /** Steps may not tie. */
  readonly mustIncrease: boolean;
  readonly isOptimized: boolean;
  readonly removesExcluded: boolean;
  readonly hasExclusions: boolean;
  /** Whether it matters which of several tied events stands for a step. */
  readonly needsEvents: boolean;
}

export function planFunnel(parsed: ParsedFunnel, asOfMs: number): FunnelPlan {
  const { steps, windowMs, windowSessions, count, fromMs, toMs, ties, trend } = parsed;
  const isPerSession = count === "sessions";
  const sessionCount = isPerSession ? 1 : windowSessions;
  const required = steps.flatMap(({ optional }, step) => (optional ? [] : [step]));
  const hasOptional = required.length < steps.length;
  return {
    parsed,
    stepCount: steps.length,
    required: Uint32Array.from(required),
    hasOptional,
    windowMs: windowMs ?? Number.POSITIVE_INFINITY,
    sessionCount,
    isPerSession,
    isTotals: count === "totals",
    asOfMs,
    fromMs,
    toMs,
    endMs: endMsOf(parsed, { sessionCount, asOfMs }),
    quantumMs: ties.quantumMs,
    mustIncrease: ties.rule === "strict",
    isOptimized: parsed.entry === "optimized",
    removesExcluded: parsed.onExclude === "remove",
    hasExclusions: parsed.exclude.length > 0,
    needsEvents: hasOptional || trend?.mode === "byEntry" || namesValues(parsed),
  };
}

function endMsOf(
  { windowMs, toMs, ties }: ParsedFunnel,
  around: { readonly sessionCount: number | undefined; readonly asOfMs: number },
): number {
  const { sessionCount, asOfMs } = around;
  if (sessionCount !== undefined) {
    const lastMs = toMs + SESSION_MS_MAX; // The last session with an entry has ended.
    return sessionCount === 1 ? lastMs : Math.max(lastMs, asOfMs);
  }
  if (windowMs === null) return Math.max(toMs, asOfMs);
  // The last entry lies before `to`, the end of its window is in, and so is what ties with it.
  return toMs + windowMs + ties.quantumMs - 1;
}

function namesValues({ by, attemptWhere }: ParsedFunnel): boolean {
  return by !== undefined || attemptWhere !== undefined;
}
