import type { ComparisonProgress } from "@shale/engine";
import type { CommandContext } from "../command-context.ts";

/** The progress of a comparison as the bar has it: rows of both specs, with a rate. */
export function comparisonProgress(
  phase: string,
  { clock, onProgress }: Pick<CommandContext, "clock" | "onProgress">,
): (progress: ComparisonProgress) => void {
  const startMs = clock.monotonicMs();
  return ({ done, total }) => {
    const seconds = (clock.monotonicMs() - startMs) / 1_000;
    const perSecond = seconds > 0 ? done / seconds : 0;
    const etaMs = perSecond > 0 ? Math.max(0, ((total - done) / perSecond) * 1_000) : null;
    onProgress({ phase, done, total, unit: "rows", perSecond, etaMs });
  };
}
