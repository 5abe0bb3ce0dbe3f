import { ShaleError } from "@shale/model";

const RATE = /^(\d{1,9}(?:\.\d{1,6})?)([KMG]?B)\/s$/i;
const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/**
 * Bytes a second of a text such as 50MB/s, in powers of ten; null for "none".
 *
 * @throws {ShaleError} USAGE
 */
export function parseThrottle(text: string): number | null {
  if (text === "none") return null;
  const [, count = "", unit = ""] = RATE.exec(text) ?? [];
  const bytes = Math.round(Number(count) * (UNIT_BYTES[unit.toUpperCase()] ?? Number.NaN));
  if (bytes >= 1) return bytes;
  throw new ShaleError(
    "USAGE",
    `Cannot use ${JSON.stringify(text)} for --throttle: it takes a rate such as 50MB/s, or none; units are B/s, KB/s, MB/s and GB/s`,
  );
}

/** The name of a sharding spec, as the catalog has it. @throws {ShaleError} USAGE */
export function parseSpecName(text: string): string {
  if (/^[A-Z]{1,3}$/.test(text)) return text;
  throw new ShaleError(
    "USAGE",
    `Cannot use ${JSON.stringify(text)} for --new-sharding-spec: specs are named A, B, …, Z, AA`,
  );
}
