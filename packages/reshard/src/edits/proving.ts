import type { CatalogDocument } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { StepBy } from "./step.ts";
import { operationFor, stepped, wrongState } from "./step.ts";

type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** What a validation found. */
export interface Validated {
  readonly id: string;
  /** Names what it kept of it, and is the token where the specs hold the same. */
  readonly record: string;
  readonly matched: boolean;
  /** Steps in the log when it began. */
  readonly began: number;
  readonly facts: Facts;
}

/**
 * A validation has ended. Its token takes the place of an earlier one; its mark is the record. One
 * that began before a finalize or a rollback proves nothing any more: the specs have changed
 * places since.
 *
 * @throws {ShaleError} RESHARD_STATE
 */
export function withValidation(
  before: CatalogDocument,
  { id, record, matched, began, facts }: Validated,
  step: StepBy,
): CatalogDocument | undefined {
  const { transitions } = before;
  if (transitions.some((one) => one.facts["record"] === record)) return undefined;
  const operation = operationFor(before, "validate", id);
  const turned = transitions
    .slice(began)
    .find(({ verb }) => verb === "finalize" || verb === "rollback");
  if (turned !== undefined) {
    throw new ShaleError(
      "RESHARD_STATE",
      `Cannot validate operation "${id}": there was a ${turned.verb} meanwhile`,
      { hint: "Next: shale reshard validate" },
    );
  }
  const isBehind = before.behind.some(({ spec }) => spec === operation.spec);
  const token = matched && !isBehind ? record : null;
  const validated = { ...operation, state: "validating", token } as const;
  const all = { ...facts, record, matched, token };
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
  if (before.behind.some((one) => one.spec === spec)) {
    throw new ShaleError("RESHARD_STATE", `Cannot finalize operation "${id}": ${spec} is behind`, {
      hint: "Next: shale reshard backfill",
    });
  }
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
  }: { readonly id: string; readonly finalize: number; readonly facts: Facts },
  step: StepBy,
): CatalogDocument | undefined {
  const isDone = before.transitions.some(
    ({ verb, operation, number }) => verb === "rollback" && operation === id && number > finalize,
  );
  if (isDone && before.operation?.id === id) return undefined;
  const operation = operationFor(before, "rollback", id);
  const { source } = operation;
  if (operation.sourceMissed || before.behind.some((one) => one.spec === source)) {
    throw new ShaleError(
      "RESHARD_STATE",
      `Cannot rollback operation "${id}": spec ${source} is behind, or was since the finalize`,
      { hint: "Next: shale reshard collect, when its window is over" },
    );
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
