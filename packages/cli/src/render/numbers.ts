const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const fraction = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });
const cents = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Beyond these a number is written as 1.23457e13: it would fill the line with digits. */
const GREAT = 1e13;
const SMALL = 1e-6;

/**
 * A number for people, in at most 18 characters; null, which is an average of nothing, is a dash.
 * Whole numbers have all their digits, others two behind the point, or six where that is more.
 */
export function numberText(value: number | null): string {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (size >= GREAT || (size > 0 && size < SMALL)) return powerText(value);
  if (Number.isInteger(value) || size >= 1e10) return whole.format(value);
  return size < 10_000 ? fraction.format(value) : cents.format(value);
}

function powerText(value: number): string {
  return value
    .toExponential(5)
    .replace(/\.?0+e/, "e")
    .replace("e+", "e");
}

/** At most five characters or so, for the scale of a chart: 1.2K, 35M. */
export function scaleText(value: number): string {
  const size = Math.abs(value);
  return size < 10_000 || size >= GREAT ? numberText(value) : compact.format(value);
}

/** `12.3 %`; a dash for a rate of nothing. */
export function rateText(rate: number | null): string {
  return rate === null ? "–" : `${(rate * 100).toFixed(1)} %`;
}

/** `12.3 %` of a whole; a dash when the whole is nothing. */
export function shareText(part: number | null, total: number | null): string {
  return rateText(part === null || total === null || total === 0 ? null : part / total);
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

export function durationText(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(durationMs / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((durationMs % 60_000) / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${numberText(Math.floor(hours / 24))} d ${hours % 24} h`;
}

/** `1 event`, `2 events`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}
