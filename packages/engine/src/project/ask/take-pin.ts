import { createPinMemo, openPin, type Pin, type PinOptions } from "@shale/catalog";
import { ShaleError, type SpecName, specName } from "@shale/model";
import type { ProjectParts } from "../project-parts.ts";

/** Moves of the writer to another ordinal that a pin may meet before it gives up. */
const MOVES_MAX = 8;

export interface PinRequest {
  readonly spec?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A pin of the project, with the rows that this process has not flushed (protocol W6). */
export async function takePin(parts: ProjectParts, request: PinRequest): Promise<Pin> {
  const options: PinOptions = {
    snapshot: request.snapshot,
    signal: request.signal,
    spec: request.spec === undefined ? undefined : specOf(request.spec),
    takeMemory: () => parts.currentWriter()?.takeMemory() ?? [],
  };
  for (let move = 0; move < MOVES_MAX; move++) {
    const ordinal = parts.currentWriter()?.ordinal;
    const pin = await openPin(parts.env, parts.project, options, parts.pins.memo);
    // Rows taken from memory under one ordinal may be in the tail under the next one.
    if (parts.currentWriter()?.ordinal === ordinal || ordinal === undefined) return pin;
  }
  throw new ShaleError(
    "PIN_UNSTABLE",
    `Cannot pin project "${parts.project}": its writer moved ${MOVES_MAX} times meanwhile`,
  );
}

/**
 * Takes one pin after the other for `runWithPin`. Only the first may build on what earlier pins
 * learned: the next is taken because an object was gone, and has to look for itself (R5). A
 * snapshot has no next one: what it stood on was collected.
 *
 * @throws {ShaleError} SNAPSHOT_EXPIRED, and what `openPin` throws
 */
export function pinsOf(parts: ProjectParts, request: PinRequest): () => Promise<Pin> {
  let isFirst = true;
  return async () => {
    if (!isFirst && request.snapshot !== undefined) {
      throw new ShaleError(
        "SNAPSHOT_EXPIRED",
        "Cannot read the snapshot again: an object that it stood on has been collected",
      );
    }
    if (!isFirst) parts.pins.memo = createPinMemo(parts.env, parts.project);
    isFirst = false;
    return await takePin(parts, request);
  };
}

function specOf(text: string): SpecName {
  if (/^[A-Z]+$/.test(text)) return specName(text);
  throw new ShaleError(
    "OPTION_INVALID",
    `Cannot read spec ${JSON.stringify(text)}: specs are named A, B, …, Z, AA`,
    { path: "spec" },
  );
}
