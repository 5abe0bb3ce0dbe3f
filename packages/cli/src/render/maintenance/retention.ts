import type { RetentionSetting } from "@shale/engine";
import { DAY_MS, dayOf, dayText } from "@shale/model";
import { durationText, numberText } from "../numbers.ts";

/** `--json`: the day as text. */
export function retentionDocumentOf({ keepMs, firstDay }: RetentionSetting) {
  return { keepMs, firstDay: firstDayText(firstDay) };
}

export function retentionText({ keepMs, firstDay }: RetentionSetting): string {
  const kept =
    keepMs === null ? "events are kept for ever" : `events are kept for ${textOf(keepMs)}`;
  const day = firstDayText(firstDay);
  return day === null ? kept : `${kept}\ndays before ${day} are hidden`;
}

function firstDayText(firstDay: number | null): string | null {
  return firstDay === null ? null : dayText(dayOf(firstDay * DAY_MS));
}

function textOf(keepMs: number): string {
  const days = keepMs / DAY_MS;
  return Number.isInteger(days) ? `${numberText(days)} d` : durationText(keepMs);
}
