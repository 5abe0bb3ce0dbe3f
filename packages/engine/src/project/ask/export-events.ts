import type { StoredEvent } from "@shale/model";
import { type ParsedEventsRange, parseEventsRange, readEvents } from "@shale/query";
import type { Pin } from "@shale/scan";
import type { EventsOptions, ExportOptions } from "../../store.ts";
import type { ProjectParts } from "../project-parts.ts";
import { readAtOnePin } from "./read-at-one-pin.ts";
import type { PinRequest } from "./take-pin.ts";

/** Bytes in one chunk of an export, at least. */
export const CHUNK_BYTES = 65_536;

/**
 * The events of one snapshot. However long the caller takes, no collector removes what it stands
 * on (R5); breaking out of the loop releases it.
 */
export async function* readStoredEvents(
  parts: ProjectParts,
  options: EventsOptions,
): AsyncGenerator<StoredEvent> {
  const range = rangeOf(options);
  yield* readAtOnePin(parts, pinRequestOf(options), (pin) =>
    eventsAt(parts, options, { pin, range }),
  );
}

async function* eventsAt(
  { env, cache }: ProjectParts,
  { signal, onProgress }: EventsOptions,
  { pin, range }: { readonly pin: Pin; readonly range: ParsedEventsRange },
): AsyncGenerator<StoredEvent> {
  const events = readEvents(env, pin, { ...scanOf(range), cache, signal, onProgress });
  let given = 0;
  for await (const event of events) {
    given++;
    yield event;
    if (given >= range.limit) return;
  }
}

export function pinRequestOf({ snapshot, signal }: EventsOptions): PinRequest {
  return { snapshot, signal };
}

/** @throws {ShaleError} QUERY_INVALID */
export function rangeOf({ from, to, timezone, where, limit }: EventsOptions): ParsedEventsRange {
  return parseEventsRange({ from, to, timezone, where, limit });
}

export function scanOf({
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
  const { withDerivedIds = false, onEvents } = options;
  const encoder = new TextEncoder();
  let lines: string[] = [];
  let chars = 0;
  let events = 0;
  function taken(): Uint8Array {
    events += lines.length;
    onEvents?.(events);
    const chunk = encoder.encode(lines.join(""));
    lines = [];
    chars = 0;
    return chunk;
  }
  for await (const event of readStoredEvents(parts, options)) {
    const line = lineOf(event, withDerivedIds);
    lines.push(line);
    chars += line.length;
    if (chars >= CHUNK_BYTES) yield taken();
  }
  if (lines.length > 0) yield taken();
}

function lineOf(event: StoredEvent, withDerivedIds: boolean): string {
  // A client's insert_id cannot start with ~; one that does is derived from the row's place.
  if (withDerivedIds || !event.insert_id.startsWith("~")) return `${JSON.stringify(event)}\n`;
  const { insert_id: _derived, ...fields } = event;
  return `${JSON.stringify(fields)}\n`;
}
