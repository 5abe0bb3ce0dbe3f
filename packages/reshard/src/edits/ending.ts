import type { CatalogDocument } from "@shale/format";
import type { SpecName } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { StepBy } from "./step.ts";
import { operationFor, stepped, wrongState } from "./step.ts";

/**
 * The new spec is given up: no longer fed, its letter is spent (protocol S6). Done where the
 * operation is aborting, or over by an abort.
 *
 * @throws {ShaleError} RESHARD_STATE
 */
export function withAbort(
  before: CatalogDocument,
  id: string,
  step: StepBy,
): CatalogDocument | undefined {
  const { operation } = before;
  if (operation?.id === id && operation.state === "aborting") return undefined;
  const aborted = operationFor(before, "abort", id);
  const aborting = { ...aborted, state: "aborting", token: null, paused: false } as const;
  const facts = { spec: aborted.spec };
  const next = stepped(before, { verb: "abort", operation: id, facts }, step, aborting);
  return closeSpec({ ...next, cutPending: null }, aborted.spec, step);
}

/** Every group of the new spec is closed: nothing of it can come back. */
export function withAborted(
  before: CatalogDocument,
  id: string,
  step: StepBy,
): CatalogDocument | undefined {
  const { operation } = before;
  if (operation?.id !== id) return undefined; // Over already.
  if (operation.state !== "aborting") throw wrongState(before, "abort");
  const facts = { spec: operation.spec };
  return stepped(before, { verb: "abort", operation: id, facts }, step, null);
}

/**
 * The window of the rollback closes: the old spec is no longer fed, and the operation is over
 * (protocol S5).
 *
 * @throws {ShaleError} RESHARD_STATE
 */
export function withWindowClosed(
  before: CatalogDocument,
  id: string,
  step: StepBy,
): CatalogDocument | undefined {
  if (before.operation?.id !== id) return undefined; // Over already.
  const operation = operationFor(before, "collect", id);
  const { source } = operation;
  if (before.behind.some(({ spec }) => spec === before.live)) {
    throw new ShaleError(
      "RESHARD_STATE",
      `Cannot collect spec ${source}: ${before.live} is behind`,
    );
  }
  const facts = { closed: source, live: before.live };
  const over = stepped(before, { verb: "collect", operation: id, facts }, step, null);
  return closeSpec(over, source, step);
}

function closeSpec(before: CatalogDocument, name: SpecName, { atMs }: StepBy): CatalogDocument {
  return {
    ...before,
    fed: before.fed.filter((spec) => spec !== name),
    behind: before.behind.filter(({ spec }) => spec !== name),
    specs: before.specs.map((one) => (one.spec === name ? { ...one, closedMs: atMs } : one)),
  };
}
