/** Where whole UTC days end in a stream of NDJSON lines that is sorted by day. */
export interface DayProgress {
  readonly bytes: number;
  readonly events: number;
  /** The day of the last line, and where its first line begins. */
  readonly day: string | null;
  readonly dayBytes: number;
  readonly dayEvents: number;
}

const NEWLINE = 0x0a;
const decoder = new TextDecoder();

function dayOfLine(chunk: Uint8Array, start: number, end: number): string {
  const { time } = JSON.parse(decoder.decode(chunk.subarray(start, end))) as { time: string };
  return time.slice(0, 10);
}

function lineStarts(chunk: Uint8Array): number[] {
  const starts: number[] = [];
  for (let start = 0; start < chunk.length; start = chunk.indexOf(NEWLINE, start) + 1) {
    starts.push(start);
  }
  return starts;
}

/** The progress after one more chunk of whole lines. Looks into lines only where the day changes. */
export function nextDayProgress(before: DayProgress, chunk: Uint8Array): DayProgress {
  const starts = lineStarts(chunk);
  const last = starts.at(-1);
  if (last === undefined) return before;
  const dayAt = (line: number): string =>
    dayOfLine(chunk, starts[line] ?? 0, (starts[line + 1] ?? chunk.length) - 1);
  const bytes = before.bytes + chunk.length;
  const events = before.events + starts.length;
  const day = dayAt(starts.length - 1);
  if (day === before.day) return { ...before, bytes, events };
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (dayAt(middle) < day) low = middle + 1;
    else high = middle;
  }
  return {
    bytes,
    events,
    day,
    dayBytes: before.bytes + (starts[low] ?? 0),
    dayEvents: before.events + low,
  };
}
