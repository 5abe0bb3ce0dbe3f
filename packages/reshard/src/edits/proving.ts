import type { CatalogDocument } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { StepBy } from "./step.ts";
import { operationFor, stepped, wrongState } from "./step.ts";

/** What a validation found. */
export interface Validated {
  readonly id: string;
  /** null: the specs differ. */
  readonly token: string | null;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * A validation has ended. Its token takes the place of an earlier one; its mark is the token, or
 * for one that found differences the count of steps, which its caller read before.
 *
 * @throws {ShaleError} RESHARD_STATE
 */
export function withValidation(
  before: CatalogDocument,
  { id, token, facts }: Validated,
  step: StepBy,
): CatalogDocument | undefined {
  if (token !== null && before.transitions.some((one) => one.facts["token"] === token)) {
    return undefined;
  }
  const operation = operationFor(before, "validate", id);
  const isBehind = before.behind.some(({ spec }) => spec === operation.spec);
  const valid = isBehind ? null : token;
  const validated = { ...operation, state: "validating", token: valid } as const;
  const all = { ...facts, token: valid };
  return stepped(before, { verb: "validate", operation: id, facts: all }, step, validated);
}

/**
 * The new spec answers from now on: one commit, and both stay fed (protocol S5). Done where the
 * operation is finalized.
 *
 * @throws {ShaleError} RESHARD_STATE, VALIDATION_REQUIRED
 */
export function withFinalized(
  before: CatalogDocument,
  { id, token }: { readonly id: string; readonly token: string },
  step: StepBy,
): CatalogDocument | undefined {
  if (before.operation?.id === id && before.operation.state === "finalized") return undefined;
  const operation = operationFor(before, "finalize", id);
  if (operation.token !== token) throw validationRequired(before, token);
  const { spec } = operation;
  if (before.behind.some((one) => one.spec === spec)) throw specBehind(spec, "finalize");
  const finalized = {
    ...operation,
    state: "finalized",
    finalizedMs: step.atMs,
    sourceMissed: false,
    token: null,
  } as const;
  const facts = { live: spec, token, rollbackUntilMs: step.atMs + operation.rollbackMs };
  return {
    ...stepped(before, { verb: "finalize", operation: id, facts }, step, finalized),
    live: spec,
  };
}

/**
 * The old spec answers again (protocol S5). Done where the operation is validating by the rollback
 * that the caller means: after the finalize that it has seen. Two may have one time.
 *
 * @throws {ShaleError} RESHARD_STATE
 */
export function withRollback(
  before: CatalogDocument,
  {
    id,
    finalize,
    facts,
  }: { readonly id: string; readonly finalize: number } & Pick<Validated, "facts">,
  step: StepBy,
): CatalogDocument | undefined {
  const isDone = before.transitions.some(
    ({ verb, operation, number }) => verb === "rollback" && operation === id && number > finalize,
  );
  if (isDone && before.operation?.id === id) return undefined;
  const operation = operationFor(before, "rollback", id);
  const { source } = operation;
  if (operation.sourceMissed || before.behind.some((one) => one.spec === source)) {
    throw specBehind(source, "roll back");
  }
  const back = {
    ...operation,
    state: "validating",
    finalizedMs: null,
    token: null,
    sourceMissed: false,
  } as const;
  const all = { ...facts, live: source, finalize };
  return {
    ...stepped(before, { verb: "rollback", operation: id, facts: all }, step, back),
    live: source,
  };
}

/** The number of the step that let the new spec answer last; 0 for none. */
export function lastFinalize({ transitions }: Pick<CatalogDocument, "transitions">): number {
  return transitions.findLast(({ verb }) => verb === "finalize")?.number ?? 0;
}

export function validationRequired(before: CatalogDocument, token: string | undefined): ShaleError {
  const { project, operation } = before;
  const why =
    operation?.token == null
      ? "there is no valid validation"
      : token === undefined
        ? "the last validation is no longer valid"
        : `"${token}" is not the token of the last validation`;
  return new ShaleError("VALIDATION_REQUIRED", `Cannot finalize project "${project}": ${why}`);
}

function specBehind(spec: string, what: string): ShaleError {
  return new ShaleError(
    "RESHARD_STATE",
    `Cannot ${what}: spec ${spec} is behind, or was since it had all rows`,
    { hint: "Let it catch up with: shale reshard backfill" },
  );
}

/** For `collect`: the window is over by this clock, which can only delay it. */
export function checkWindowOver(before: CatalogDocument, nowMs: number): void {
  const { operation, project } = before;
  if (operation?.state !== "finalized") throw wrongState(before, "collect");
  const untilMs = (operation.finalizedMs ?? 0) + operation.rollbackMs;
  if (nowMs >= untilMs) return;
  throw new ShaleError(
    "RESHARD_STATE",
    `Cannot collect the old spec of project "${project}": it is kept until ` +
      `${new Date(untilMs).toISOString()}, so that a rollback is possible`,
    { details: { rollbackUntil: new Date(untilMs).toISOString() } },
  );
}
