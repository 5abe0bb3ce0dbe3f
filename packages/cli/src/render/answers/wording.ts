import type { AnswerMeta, SegmentValue } from "@shale/model";
import { bytesText, countText, durationText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { breakText } from "../text.ts";

/** A breakdown value as people read it; text that looks like another type stands in quotes. */
export function segmentValueText(value: SegmentValue): string {
  if (value === null) return "(not set)";
  if (typeof value !== "string") return String(value);
  const ambiguous =
    value === "" || value.startsWith("(") || /^(true|false|-?\d[\d.]*)$/.test(value);
  return ambiguous ? JSON.stringify(value) : value;
}

export function segmentText(segment: { by: readonly SegmentValue[]; other?: true }): string {
  return segment.other === true ? "(other)" : segment.by.map(segmentValueText).join(" / ");
}

/** `2026-10-01T13:00:00+00:00` as `2026-10-01 13:00`, with the offset where it is not UTC. */
export function intervalText(interval: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):\d{2}([+-]\d{2}:\d{2})$/.exec(interval);
  if (match === null) return interval;
  return `${match[1]} ${match[2]}${match[3] === "+00:00" ? "" : match[3]}`;
}

/** Text of any length in lines that fit, each in the style. */
export function paragraph(
  text: string,
  { width }: Layout,
  style: (line: string) => string = (line) => line,
): string {
  return breakText(text, width).map(style).join("\n");
}

export function nothingText(layout: Layout): string {
  return paragraph("nothing in this range", layout);
}

/** The parts below each other, with an empty line between two; what is undefined is left out. */
export function joinedParts(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

/** What the answer cost, on one line. */
export function metaText({ asOf, spec, stats }: AnswerMeta): string {
  const { memory, disk, store } = stats.bytesRead;
  return [
    `as of ${asOf}`,
    `spec ${spec}`,
    countText(stats.shards, "shard"),
    `${countText(stats.rowsScanned, "row")} scanned`,
    ...(stats.skipped > 0 ? [`${countText(stats.skipped, "value")} skipped as no numbers`] : []),
    `${bytesText(memory + disk + store)} read`,
    durationText(stats.elapsedMs),
  ].join(", ");
}
