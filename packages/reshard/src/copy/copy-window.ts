import type { CatalogCopyWindow } from "@shale/format";
import { ShaleError } from "@shale/model";

/** `22:00-06:00`. */
const SPAN = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * A window as people give it.
 *
 * @param span `HH:MM-HH:MM`, the end left out; past midnight where the end is the earlier one
 * @param timezone IANA name
 * @throws {ShaleError} OPTION_INVALID
 */
export function copyWindowOf(span: string, timezone = "UTC"): CatalogCopyWindow {
  const [, from = "", to = ""] = SPAN.exec(span) ?? [];
  if (from === to) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot copy in the window ${JSON.stringify(span)}: it must be two times such as 22:00-06:00`,
      { path: "throttle.window" },
    );
  }
  minuteOfDay(0, timezone); // Refuses a zone that is not known here.
  return { from, to, timezone };
}

/** Whether jobs may begin at this time of the wall clock, which decides nothing else. */
export function isOpen({ from, to, timezone }: CatalogCopyWindow, nowMs: number): boolean {
  const now = minuteOfDay(nowMs, timezone);
  const [start, end] = [minutesOf(from), minutesOf(to)];
  return start < end ? now >= start && now < end : now >= start || now < end;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function minuteOfDay(ms: number, timezone: string): number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-GB", {
      ...{ timeZone: timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    });
  } catch (cause) {
    throw new ShaleError("OPTION_INVALID", `Cannot use the time zone ${JSON.stringify(timezone)}`, {
      path: "throttle.window",
      hint: "Use a name of the IANA database, such as Europe/Berlin",
      cause,
    });
  }
  return minutesOf(format.format(ms));
}
