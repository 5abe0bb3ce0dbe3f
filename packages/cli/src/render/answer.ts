import type { Answer, AnswerMeta } from "@shale/model";
import { eventsText } from "./events.ts";
import { bytesText, countText, durationText } from "./numbers.ts";
import { segmentationText } from "./segmentation.ts";
import type { Layout } from "./table.ts";

/** An answer for people. Kinds without a picture of their own show as indented JSON. */
export function answerText(answer: Answer, heading: string | undefined, layout: Layout): string {
  if (answer.kind === "segmentation") return segmentationText(answer, heading, layout);
  if (answer.kind === "timeline") {
    if (answer.events.length === 0) return "no events";
    const events = eventsText(answer.events, { users: "hidden" }, layout);
    return answer.cursor === null ? events : `${events}\n\nmore with --cursor ${answer.cursor}`;
  }
  return JSON.stringify(answer, null, 2);
}

/** What the answer cost, on one line. */
export function metaText({ asOf, spec, stats }: AnswerMeta): string {
  const { memory, disk, store } = stats.bytesRead;
  return [
    `as of ${asOf}`,
    `spec ${spec}`,
    countText(stats.shards, "shard"),
    `${countText(stats.rowsScanned, "row")} scanned`,
    `${bytesText(memory + disk + store)} read`,
    durationText(stats.elapsedMs),
  ].join(", ");
}
