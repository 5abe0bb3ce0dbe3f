import type { ReshardState } from "@shale/engine";
import { unreachable } from "@shale/model";
import { hangingLines } from "../error.ts";
import type { Layout } from "../table.ts";

/** What decides which of the commands that the state allows is the one to give. */
export interface NextFacts {
  readonly state: ReshardState;
  /** The spec that is being built; null without an operation, or where nobody asked. */
  readonly spec?: string | null | undefined;
  /** Everything at or below the cut is copied, and the new spec is not behind. */
  readonly isCopied?: boolean | undefined;
  readonly isPaused?: boolean | undefined;
  readonly hasToken?: boolean | undefined;
  /** ISO; of a finalized operation. */
  readonly rollbackUntil?: string | null | undefined;
}

/** The command that gets the reshard on; undefined where nothing is under way. */
export function nextCommand(facts: NextFacts): string | undefined {
  const { state, isCopied = false, isPaused = false, hasToken = false } = facts;
  const spec = facts.spec == null ? "" : ` --new-sharding-spec=${facts.spec}`;
  const backfill = `shale reshard backfill${spec}${isPaused ? " --resume" : ""}`;
  switch (state) {
    case "copying":
    case "teeing":
      return backfill;
    case "backfilling":
      return isCopied ? `shale reshard validate${spec}` : backfill;
    case "validating":
      if (!isCopied) return backfill;
      return hasToken ? `shale reshard finalize${spec}` : `shale reshard validate${spec}`;
    case "finalized":
      return "shale reshard collect";
    case "aborting":
      return "shale reshard abort";
    case "steady":
      return undefined;
    default:
      return unreachable(state);
  }
}

/** What may be done instead of going on. */
function otherCommand(state: ReshardState): string | undefined {
  if (state === "steady" || state === "aborting") return undefined;
  return state === "finalized" ? "rollback" : "abort";
}

/** `Next: shale reshard …`, and what may be done instead; no line where nothing is under way. */
export function nextLines(facts: NextFacts, { width }: Layout): string[] {
  const { state, rollbackUntil } = facts;
  const command = nextCommand(facts);
  if (command === undefined) return [];
  const when = state === "finalized" && rollbackUntil != null ? `, from ${rollbackUntil} on` : "";
  const other = otherCommand(state);
  const or = other === undefined ? "" : `; or shale reshard ${other}`;
  return hangingLines("Next: ", `${command}${when}${or}`, { width, indent: 6 });
}
