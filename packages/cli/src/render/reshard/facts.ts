import type { BackfillProgress, ReshardStatus } from "@shale/engine";
import { bytesText, countText } from "../numbers.ts";

/** `at most 50 MB/s, 2 jobs at once, from 22:00 to 06:00 UTC`. */
export function throttleText({
  bytesPerSecond,
  concurrency,
  window,
}: NonNullable<ReshardStatus["throttle"]>): string {
  const jobs = `${countText(concurrency, "job")} at once`;
  const rate = bytesPerSecond === null ? "no limit" : `at most ${rateOf(bytesPerSecond)}`;
  const times = window === null ? "" : `, from ${window.from} to ${window.to} ${window.timezone}`;
  return `${rate}, ${jobs}${times}`;
}

/** In powers of ten, as `--throttle` takes it. */
function rateOf(bytesPerSecond: number): string {
  const units = ["B/s", "KB/s", "MB/s", "GB/s"];
  let [value, unit] = [bytesPerSecond, 0];
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${Number(value.toFixed(2))} ${units[unit]}`;
}

export function lagText(tailObjects: number): string {
  return tailObjects === 0
    ? "nothing to drain"
    : `${countText(tailObjects, "tail object")} to drain`;
}

const waitTexts = {
  rate: "waits for the throttle",
  caller: "waits for its caller",
  paused: "paused",
  window: "waits for its window",
} as const;

/** What a live view shows below its bar: why it waits, then what else decides how it goes. */
export function backfillFacts(
  { jobsDone, jobsTotal, bytesDone, bytesTotal, waits }: BackfillProgress,
  status: Pick<ReshardStatus, "throttle" | "lag" | "lastError"> | undefined,
): readonly string[] {
  const { throttle = null, lag = null, lastError = null } = status ?? {};
  return [
    waits === null ? "" : waitTexts[waits],
    `${jobsDone}/${jobsTotal} jobs`,
    `${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`,
    throttle === null ? "" : throttleText(throttle),
    lag === null ? "" : lagText(lag.tailObjects),
    lastError === null ? "" : `stopped before by ${lastError.code}`,
  ].filter((fact) => fact !== "");
}
