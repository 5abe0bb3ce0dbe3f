import type { Env, ObjectEntry, ProcessIdentity } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { heartbeatKey } from "../../object-keys.ts";
import type { FoundWorkPin } from "../work-pins.ts";
import { isWorkPinLive } from "../work-pins.ts";
import type { TailEnd } from "./tail-ends.ts";

/** A writer elsewhere counts as living for so long after it was last heard of. */
const HEARD_MS = 10 * 60_000;

export interface ProcessSigns {
  readonly catalog: CatalogDocument;
  readonly ends: ReadonlyMap<WriterOrdinal, TailEnd>;
  readonly pins: readonly FoundWorkPin[];
  readonly listed: readonly ObjectEntry[];
  readonly storeNowMs: number;
}

/**
 * Whether another process is known that may be reading: a writer that is not sealed, or long work.
 * A hint that chooses the grace. Processes that only query are not known; they pin again (R5).
 */
export function otherProcessLives(
  { processes }: Pick<Env, "processes">,
  { catalog, ends, pins, listed, storeNowMs }: ProcessSigns,
): boolean {
  const heardMs = new Map(listed.map(({ key, modifiedMs }) => [key, modifiedMs]));
  const isWriting = catalog.writers.some(({ ordinal, process, registeredMs }) => {
    if (ends.get(ordinal)?.isSealed || isSame(process, processes.self)) return false;
    const state = processes.stateOf(process);
    if (state !== "unknown") return state === "alive";
    const latestMs = heardMs.get(heartbeatKey(catalog.project, ordinal)) ?? registeredMs;
    return storeNowMs - latestMs < HEARD_MS;
  });
  const isWorking = pins.some(
    (pin) =>
      isWorkPinLive(pin, storeNowMs) &&
      !(pin.document !== undefined && isSame(pin.document.process, processes.self)),
  );
  return isWriting || isWorking;
}

function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.host === b.host && a.pid === b.pid && a.started === b.started;
}
