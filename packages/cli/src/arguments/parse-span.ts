import { ShaleError, spanMs } from "@shale/model";

/** A span such as 400d in ms; "0" is one too. @throws {ShaleError} USAGE */
export function parseSpan(name: string, text: string): number {
  const ms = text === "0" ? 0 : spanMs(text);
  if (ms !== undefined) return ms;
  throw new ShaleError(
    "USAGE",
    `Cannot use ${JSON.stringify(text)} for ${name}: it takes a number and a unit, as in 400d; units are ms, s, m, h, d, w and mo (30 days)`,
  );
}
