import type { WriterOrdinal } from "@shale/model";
import type { LogFacts } from "./read-log-facts.ts";

export interface TakeoverPolicy {
  /**
   * A log is taken over, though its process is not known to be dead, when its writer was not heard
   * of for so long. Lower: rows of a hung process come into the tail sooner. Higher: a process that
   * was only stopped keeps its ordinal. Safe at any value.
   */
  readonly heartbeatStaleMs: number;
  /** Logs that are taken over whatever their owner's state. */
  readonly force: readonly WriterOrdinal[];
}

/**
 * take: seal it. remove: its tail was sealed and drained long ago. leave: its writer works.
 * refuse: the catalog gives no right to touch it.
 */
export type TakeoverAction = "take" | "remove" | "leave" | "refuse";

/** Hints say when to try; that it is safe, the fence and the seal see to (W4). */
export function planTakeover(
  { heardMs, owner, standing, writer }: LogFacts,
  nowMs: number,
  policy: TakeoverPolicy,
): TakeoverAction {
  // An operator has declared it lost, and its live writer may have moved its rows (W5).
  if (standing === "forgotten") return "leave";
  // Another project's log, or the catalog is older than the disk.
  if (standing === "unknown") return "refuse";
  const isLeft = owner === "dead" || nowMs - heardMs >= policy.heartbeatStaleMs;
  if (!isLeft && !policy.force.includes(writer)) return "leave";
  return standing === "retired" ? "remove" : "take";
}
