import { createIntake } from "@shale/intake";
import type { Acknowledgement, Durability, EventInput } from "@shale/model";
import type { AppendOptions } from "../store.ts";
import type { ProjectParts } from "./project-parts.ts";

export async function appendEvents(
  parts: ProjectParts,
  events: readonly EventInput[],
  { durability = defaultDurability(parts), signal }: AppendOptions,
): Promise<Acknowledgement> {
  const { env, hasher } = parts;
  const intake = createIntake({ hasher, nowMs: () => env.clock.nowMs() });
  const { batch, accepted, duplicates, rejected } = intake.parseEvents(events);
  if (accepted === 0) return { accepted, duplicates, rejected, seq: null, durability };
  const writer = await parts.openWriter();
  const seq = await writer.append(batch, { durability, signal });
  return {
    accepted,
    duplicates,
    rejected,
    seq: { first: seq.first, last: seq.last },
    durability,
  };
}

/** On a disk the log is the promise; without one only the store can be (protocol W2). */
function defaultDurability({ env }: ProjectParts): Durability {
  return env.disk === undefined ? "committed" : "wal";
}
