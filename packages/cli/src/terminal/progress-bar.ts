import type { Progress } from "@shale/engine";
import type { Clock } from "@shale/env";
import { bytesText, durationText, numberText } from "../render/numbers.ts";
import type { Layout } from "../render/table.ts";
import { cutText } from "../render/text.ts";
import type { OutputStream } from "./output.ts";

/** Nothing is drawn for work that ends sooner. */
const APPEARS_AFTER_MS = 1_000;
const REDRAWN_AFTER_MS = 100;
const BAR_CELLS = 20;
const CLEAR_LINE = "\r\u001b[2K";
const CLEAR_LINE_ABOVE = "\u001b[1A\u001b[2K";

/** Progress with what else is worth knowing, which has a line of its own. */
export interface ShownProgress extends Progress {
  readonly facts?: readonly string[] | undefined;
}

/** `ingest  ████████░░░░  52 %  2.3 s left  520,000 of 1,000,000 events  210,000/s`. */
export function progressText(progress: Progress, { width, palette }: Layout): string {
  const { phase, done, total, unit, perSecond, etaMs } = progress;
  const share = total === null || total === 0 ? null : Math.min(1, done / total);
  const amount = unit === "bytes" ? bytesText : (count: number) => numberText(Math.round(count));
  const unitText = unit === "bytes" ? "" : ` ${unit}`;
  const facts = [
    share === null ? "" : `${Math.floor(share * 100)} %`,
    etaMs === null ? "" : `${durationText(etaMs)} left`,
    total === null ? amount(done) + unitText : `${amount(done)} of ${amount(total)}${unitText}`,
    perSecond > 0 ? `${amount(Math.round(perSecond))}/s` : "",
  ].filter((fact) => fact !== "");
  if (share === null || width < 60) return cutText([phase, ...facts].join("  "), width - 1);
  const cells = width < 80 ? BAR_CELLS / 2 : BAR_CELLS;
  const filled = Math.round(share * cells);
  const bar = `${"█".repeat(filled)}${"░".repeat(cells - filled)}`;
  const rest = cutText(facts.join("  "), width - 1 - phase.length - 4 - cells);
  return `${phase}  ${palette.bar(bar)}  ${rest}`;
}

/** Below the bar: what it is about, in short. */
function factsText({ facts = [] }: ShownProgress, { width, palette }: Layout): string {
  return facts.length === 0 ? "" : `\n${palette.faint(cutText(facts.join("  "), width - 1))}`;
}

export interface ProgressBar {
  readonly update: (progress: ShownProgress) => void;
  /** Takes the bar off the screen; a later update draws it again. */
  clear(): void;
}

/** A bar on a terminal's last line, drawn at most ten times a second; elsewhere nothing at all. */
export function openProgressBar(
  clock: Clock,
  stream: OutputStream,
  { layout, isTerminal }: { readonly layout: Layout; readonly isTerminal: boolean },
): ProgressBar {
  const startedMs = clock.monotonicMs();
  let drawnMs = Number.NEGATIVE_INFINITY;
  let lines = 0;
  function cleared(): string {
    return lines === 0 ? "" : CLEAR_LINE + CLEAR_LINE_ABOVE.repeat(lines - 1);
  }
  return {
    update(progress) {
      const nowMs = clock.monotonicMs();
      if (!isTerminal || nowMs - startedMs < APPEARS_AFTER_MS) return;
      if (nowMs - drawnMs < REDRAWN_AFTER_MS) return;
      drawnMs = nowMs;
      const text = progressText(progress, layout) + factsText(progress, layout);
      stream.write((cleared() || CLEAR_LINE) + text);
      lines = text.split("\n").length;
    },
    clear() {
      stream.write(cleared());
      lines = 0;
    },
  };
}
