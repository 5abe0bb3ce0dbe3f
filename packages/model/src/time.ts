import type { Day, Seq } from "./ids.ts";
import { invariant } from "./invariant.ts";

export const DAY_MS = 86_400_000;
/** 2020-01-01T00:00:00Z: the zero of seq (protocol, "seq of a row"). */
export const SEQ_EPOCH_MS = Date.UTC(2020, 0, 1);
/** Seqs a writer can hand out in one millisecond before it runs ahead of its clock. */
export const SEQS_PER_MS = 4096;

export function dayOf(timestampMs: number): Day {
  invariant(Number.isSafeInteger(timestampMs), `timestampMs is an integer: ${timestampMs}`);
  return Math.floor(timestampMs / DAY_MS) as Day; // Floor: times before 1970 keep their own day.
}

export function dayStartMs(day: Day): number {
  return day * DAY_MS;
}

/** `2026-10-01` for the UTC day. */
export function dayText(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function seq(value: number): Seq {
  invariant(Number.isSafeInteger(value) && value >= 1, `1 <= seq < 2^53: ${value}`);
  return value as Seq;
}

/** The least seq that a row appended at `nowMs` may carry; 1 for clocks before 2020. */
export function seqFloorOf(nowMs: number): Seq {
  return seq(Math.max(1, Math.floor((nowMs - SEQ_EPOCH_MS) * SEQS_PER_MS)));
}

const SPAN = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w|mo)$/;
const SPAN_UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
  mo: 30 * DAY_MS,
};

/** The length of a `Span` such as `7d` in whole ms; undefined for another text, or a length of 0. */
export function spanMs(text: string): number | undefined {
  const [, count = "", unit = ""] = SPAN.exec(text) ?? [];
  const ms = Math.round(Number(count) * (SPAN_UNIT_MS[unit] ?? Number.NaN));
  return Number.isSafeInteger(ms) && ms >= 1 ? ms : undefined;
}
