import { createEventStreamEncoder } from "@shale/arrow";
import type { EventEncoder, PropertyColumnPlan, PropertyCount } from "@shale/columns";
import { eventColumnNames, planPropertyColumns } from "@shale/columns";
import { createEventFileEncoder } from "@shale/format";
import type { ParsedEventsRange } from "@shale/query";
import { readEventColumns, readSchema } from "@shale/query";
import type { Pin } from "@shale/scan";
import type { ExportOptions, ProjectSchema } from "../../store.ts";
import type { ProjectParts } from "../project-parts.ts";
import { CHUNK_BYTES, pinRequestOf, rangeOf, scanOf } from "./export-events.ts";
import { readAtOnePin } from "./read-at-one-pin.ts";

export type ColumnFormat = "parquet" | "arrow";

/**
 * The events as one Parquet file or Arrow stream. Its columns are those of all events of the
 * snapshot, whatever the range, so that exports of one snapshot fit together and SQL has the same.
 */
export async function* exportColumns(
  parts: ProjectParts,
  format: ColumnFormat,
  options: ExportOptions,
): AsyncGenerator<Uint8Array> {
  const range = rangeOf(options);
  yield* readAtOnePin(parts, pinRequestOf(options), (pin) =>
    chunksAt(parts, options, { format, range, pin }),
  );
}

interface ColumnExport {
  readonly format: ColumnFormat;
  readonly range: ParsedEventsRange;
  readonly pin: Pin;
}

async function* chunksAt(
  { env, cache }: ProjectParts,
  { signal, onProgress, onEvents, withDerivedIds = false }: ExportOptions,
  { format, range, pin }: ColumnExport,
): AsyncGenerator<Uint8Array> {
  const reading = { cache, signal, onProgress };
  const schema = await readSchema(env, pin, reading);
  const plans = planPropertyColumns(countsOf(schema), eventColumnNames);
  const encoder = encoderOf(format, plans);
  const { limit } = range;
  const columns = { ...scanOf(range), ...reading, plans, withDerivedIds, limit };
  let events = 0;
  // Not given out before a part was read: until then another pin can be taken.
  let before = encoder.begin();
  for await (const part of readEventColumns(env, pin, columns)) {
    events += part.rowCount;
    onEvents?.(events);
    yield* chunksOf([...before, ...encoder.encode(part)]);
    before = [];
  }
  onEvents?.(events);
  yield* chunksOf([...before, ...encoder.end()]);
}

/** The same bytes in fewer pieces: pages of Parquet and buffers of Arrow may be small. */
function* chunksOf(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    small.push(piece);
    bytes += piece.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(small);
    small = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(small);
}

function* countsOf({ properties }: ProjectSchema): Generator<PropertyCount> {
  for (const { property: name, types } of properties) {
    for (const { type: kind, count: rows } of types) yield { name, kind, rows };
  }
}

function encoderOf(format: ColumnFormat, plans: readonly PropertyColumnPlan[]): EventEncoder {
  switch (format) {
    case "parquet":
      return createEventFileEncoder(plans);
    case "arrow":
      return createEventStreamEncoder(plans);
  }
}
