import type { ParsedFunnel } from "../parse/funnel/parsed-funnel.ts";

/** A funnel as its walks see it. Steps count from 0; a level is a number of required steps. */
export interface FunnelPlan {
  readonly parsed: ParsedFunnel;
  readonly stepCount: number;
  /** The steps that are not optional; for order "any" all of them. */
  readonly required: Uint32Array;
  readonly hasOptional: boolean;
  /** Infinity: no limit. */
  readonly windowMs: number;
  readonly asOfMs: number;
  /** Only events in [fromMs, endMs) are looked at; entries lie before toMs. */
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
  const { steps, windowMs, fromMs, toMs, ties, trend, by } = parsed;
  const required = steps.flatMap(({ optional }, step) => (optional ? [] : [step]));
  const hasOptional = required.length < steps.length;
  return {
    parsed,
    stepCount: steps.length,
    required: Uint32Array.from(required),
    hasOptional,
    windowMs: windowMs ?? Number.POSITIVE_INFINITY,
    asOfMs,
    fromMs,
    toMs,
    // The last entry lies before `to`, the end of its window is in, and so is what ties with it.
    endMs: windowMs === null ? Math.max(toMs, asOfMs) : toMs + windowMs + ties.quantumMs - 1,
    quantumMs: ties.quantumMs,
    mustIncrease: ties.rule === "strict",
    isOptimized: parsed.entry === "optimized",
    removesExcluded: parsed.onExclude === "remove",
    hasExclusions: parsed.exclude.length > 0,
    needsEvents: by !== undefined || hasOptional || trend?.mode === "byEntry",
  };
}
