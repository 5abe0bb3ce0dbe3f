import { type BatchEvent, eventAt, loadUserHasher } from "@shale/columns";
import type { Rejection } from "@shale/model";
import type { ParsedEvents } from "../src/event-collector.ts";
import { createIntake } from "../src/intake.ts";
import { createNdjsonReader } from "../src/ndjson-reader.ts";

export const hasher = await loadUserHasher();
/** 2026-10-01T12:00:00Z, the clock of these tests. */
export const NOW_MS = Date.UTC(2026, 9, 1, 12);
export const nowMs = (): number => NOW_MS;

export interface Outcome {
  readonly events: readonly BatchEvent[];
  readonly rejected: readonly Rejection[];
  readonly accepted: number;
  readonly duplicates: number;
}

function outcomeOf(parts: readonly ParsedEvents[]): Outcome {
  const events = parts.flatMap(({ batch }) =>
    Array.from({ length: batch.rowCount }, (_, row) => eventAt(batch, row)),
  );
  return {
    events,
    rejected: parts.flatMap(({ rejected }) => rejected),
    accepted: parts.reduce((sum, { accepted }) => sum + accepted, 0),
    duplicates: parts.reduce((sum, { duplicates }) => sum + duplicates, 0),
  };
}

/** Through the path of API objects. */
export function parse(events: readonly unknown[]): Outcome {
  return outcomeOf([createIntake({ hasher, nowMs }).parseEvents(events)]);
}

/** Through the path of NDJSON, in pieces of `pieceBytes`. */
export function read(
  input: string | Uint8Array,
  { pieceBytes = 65_536, eventsPerBatch = 1000 } = {},
): Outcome {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const reader = createNdjsonReader({ hasher, nowMs, eventsPerBatch });
  const parts: ParsedEvents[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    // Its own copy, wiped afterwards: the reader may not keep the caller's bytes.
    const piece = new Uint8Array(bytes.subarray(start, start + pieceBytes));
    parts.push(...reader.push(piece));
    piece.fill(0x78);
  }
  parts.push(...reader.end());
  return outcomeOf(parts);
}

/** `index code` of each rejection. */
export function faults({ rejected }: Outcome): string[] {
  return rejected.map(({ index, code }) => `${index} ${code}`);
}

/** A good event with some fields put in place of its own. */
export function eventWith(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { event: "view", user_id: "u1", time: "2026-09-30T10:00:00Z", ...fields };
}
