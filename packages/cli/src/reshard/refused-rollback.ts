import type { RollbackComparison } from "@shale/engine";
import type { ShaleError } from "@shale/model";

/** The comparison for which a rollback was refused; undefined for any other error. */
export function comparisonIn({ code, details }: ShaleError): RollbackComparison | undefined {
  if (code !== "RESHARD_DIFFERENCES") return undefined;
  // The engine puts it there with this error, and no other error has it.
  return details?.["comparison"] as RollbackComparison | undefined;
}
