import type { CatalogDocument, CatalogOperation, CatalogTransition } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { ReshardState, ReshardVerb } from "../states/transition-table.ts";
import { allows, commandsIn } from "../states/transition-table.ts";

/** Who takes a step, and when by their clock: for the log, nothing is decided by it. */
export interface StepBy {
  readonly by: string;
  readonly atMs: number;
}

/** A commit to the catalog; undefined: it is done already (protocol P2). Pure. */
export type CatalogEdit = (before: CatalogDocument) => CatalogDocument | undefined;

export function stateOf({ operation }: Pick<CatalogDocument, "operation">): ReshardState {
  return operation?.state ?? "steady";
}

/**
 * The operation under way, in a state that allows the verb.
 *
 * @throws {ShaleError} RESHARD_STATE, with the commands that may run
 */
export function operationFor(
  before: CatalogDocument,
  verb: ReshardVerb,
  id?: string | undefined,
): CatalogOperation {
  const { operation } = before;
  if (operation === null || !allows(operation.state, verb)) throw wrongState(before, verb);
  if (id === undefined || operation.id === id) return operation;
  throw new ShaleError(
    "RESHARD_STATE",
    `Cannot ${verb} operation "${id}": "${operation.id}" is under way`,
  );
}

export function wrongState(before: CatalogDocument, verb: ReshardVerb): ShaleError {
  const state = stateOf(before);
  const next = commandsIn(state);
  return new ShaleError(
    "RESHARD_STATE",
    `Cannot ${verb} a reshard of project "${before.project}": it is ${state}`,
    {
      hint: `Next: ${next.map((one) => `shale reshard ${one}`).join(", or ")}`,
      details: { state, next },
    },
  );
}

/** The catalog with the operation as it is after a step, and the step in its log. */
export function stepped(
  before: CatalogDocument,
  step: Pick<CatalogTransition, "operation" | "facts"> & { readonly verb: ReshardVerb },
  { by, atMs }: StepBy,
  operation: CatalogOperation | null,
): CatalogDocument {
  const transition: CatalogTransition = {
    number: before.transitions.length + 1,
    operation: step.operation,
    verb: step.verb,
    from: stateOf(before),
    to: operation?.state ?? "steady",
    atMs,
    by,
    facts: step.facts,
  };
  return { ...before, operation, transitions: [...before.transitions, transition] };
}
