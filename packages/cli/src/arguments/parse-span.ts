import { ShaleError, spanMs } from "@shale/model";

const NOTHING = /^0(ms|s|m|h|d|w|mo)?$/;

/** A span such as 400d in ms; "0" and "0ms" are one too. @throws {ShaleError} USAGE */
export function parseSpan(name: string, text: string): number {
  const ms = NOTHING.test(text) ? 0 : spanMs(text);
  if (ms !== undefined) return ms;
  throw new ShaleError(
    "USAGE",
    `Cannot use ${JSON.stringify(text)} for ${name}: it takes a number and a unit, as in 400d; units are ms, s, m, h, d, w and mo (30 days)`,
  );
}
