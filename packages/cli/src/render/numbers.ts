const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const fraction = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A number for people; null, which is an average of nothing, is a dash. */
export function numberText(value: number | null): string {
  if (value === null) return "–";
  return Number.isInteger(value) ? whole.format(value) : fraction.format(value);
}

/** At most five characters or so, for the scale of a chart: 1.2K, 35M. */
export function scaleText(value: number): string {
  return Math.abs(value) < 10_000 ? numberText(value) : compact.format(value);
}

/** `12.3 %` of a whole; a dash when the whole is nothing. */
export function shareText(part: number | null, total: number | null): string {
  if (part === null || total === null || total === 0) return "–";
  return `${((part / total) * 100).toFixed(1)} %`;
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
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 event`, `2 events`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}
