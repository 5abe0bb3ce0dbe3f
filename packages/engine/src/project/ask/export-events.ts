import type { StoredEvent } from "@shale/model";
import { type ParsedEventsRange, parseEventsRange, readEvents } from "@shale/query";
import { missingKeyOf } from "@shale/scan";
import type { EventsOptions, ExportOptions } from "../../store.ts";
import { holdWorkPin } from "../hold-work-pin.ts";
import type { ProjectParts } from "../project-parts.ts";
import { pinsOf } from "./take-pin.ts";

/** Bytes of lines in one chunk of an export. */
const CHUNK_BYTES = 65_536;
/** Pins taken anew, as long as nothing was given out, before the loss of an object is an error. */
const PINS_MAX = 4;

/**
 * The events of one snapshot. However long the caller takes, no collector removes what it stands
 * on (R5); breaking out of the loop releases it.
 */
export async function* readStoredEvents(
  parts: ProjectParts,
  options: EventsOptions,
): AsyncGenerator<StoredEvent> {
  const { signal, from, to, timezone, where, limit } = options;
  const range = parseEventsRange({ from, to, timezone, where, limit });
  const held = await holdWorkPin(parts, { what: "events", signal });
  try {
    yield* readAtOnePin(parts, options, range);
  } finally {
    await held.release();
  }
}

async function* readAtOnePin(
  parts: ProjectParts,
  { snapshot, signal, onProgress }: EventsOptions,
  range: ParsedEventsRange,
): AsyncGenerator<StoredEvent> {
  const nextPin = pinsOf(parts, { snapshot, signal });
  for (let attempt = 1; ; attempt++) {
    const pin = await nextPin();
    let given = 0;
    try {
      const events = readEvents(parts.env, pin, {
        ...scanOf(range),
        cache: parts.cache,
        signal,
        onProgress,
      });
      for await (const event of events) {
        given++;
        yield event;
        if (given >= range.limit) return;
      }
      return;
    } catch (error) {
      // Events already given out belong to one cut: only an untouched reader may move to another.
      if (missingKeyOf(error) === undefined || given > 0 || attempt === PINS_MAX) throw error;
    }
  }
}

function scanOf({
  fromMs,
  toMs,
  timezone,
  select,
}: ParsedEventsRange): Omit<ParsedEventsRange, "limit"> {
  return { fromMs, toMs, timezone, select };
}

/** The events as NDJSON, whole lines in every chunk. */
export async function* exportLines(
  parts: ProjectParts,
  options: ExportOptions,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let lines: string[] = [];
  let chars = 0;
  for await (const event of readStoredEvents(parts, options)) {
    const line = lineOf(event, options.withDerivedIds ?? false);
    lines.push(line);
    chars += line.length;
    if (chars < CHUNK_BYTES) continue;
    yield encoder.encode(lines.join(""));
    lines = [];
    chars = 0;
  }
  if (lines.length > 0) yield encoder.encode(lines.join(""));
}

function lineOf(event: StoredEvent, withDerivedIds: boolean): string {
  // A client's insert_id cannot start with ~; one that does is derived from the row's place.
  if (withDerivedIds || !event.insert_id.startsWith("~")) return `${JSON.stringify(event)}\n`;
  const { insert_id: _derived, ...fields } = event;
  return `${JSON.stringify(fields)}\n`;
}
