import { isDeepStrictEqual } from "node:util";
import type { CatalogDocument, CatalogFailure, CatalogThrottle } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { StepBy } from "./step.ts";
import { operationFor, stepped } from "./step.ts";

/**
 * The end of copying ahead: the new spec is fed, its cut is pending (protocol S3, then S1).
 *
 * @throws {ShaleError} RESHARD_STATE
 */
export function withLateCut(
  before: CatalogDocument,
  id: string,
  step: StepBy,
): CatalogDocument | undefined {
  if (before.operation?.id === id && before.operation.state === "teeing") return undefined;
  const operation = operationFor(before, "cut", id);
  const teeing = { ...operation, state: "teeing" } as const;
  return {
    ...stepped(before, { verb: "cut", operation: id, facts: {} }, step, teeing),
    fed: [...before.fed, operation.spec],
    cutPending: { operation: id },
  };
}

/**
 * Rows at or below the cut are copied from now on. Nothing to do where that has begun.
 *
 * @throws {ShaleError} RESHARD_STATE
 */
export function withBackfill(
  before: CatalogDocument,
  id: string,
  step: StepBy,
): CatalogDocument | undefined {
  const operation = operationFor(before, "backfill", id);
  if (operation.state !== "teeing") return undefined;
  if (before.cutPending !== null) {
    throw new ShaleError("RESHARD_STATE", `Cannot backfill "${id}": its cut is still being taken`);
  }
  const begun = { ...operation, state: "backfilling" } as const;
  return stepped(before, { verb: "backfill", operation: id, facts: {} }, step, begun);
}

/** What whoever copies looks at before every job. Left out: as it is. */
export interface CopySettings {
  readonly paused?: boolean | undefined;
  readonly throttle?: Partial<CatalogThrottle> | undefined;
  readonly lastError?: CatalogFailure | null | undefined;
}

/**
 * Pauses or resumes copying, or changes how fast it may go. The state stays.
 *
 * @throws {ShaleError} RESHARD_STATE without an operation that copies
 */
export function withCopySettings(
  before: CatalogDocument,
  id: string | undefined,
  settings: CopySettings,
): CatalogDocument | undefined {
  const operation = operationFor(before, "backfill", id);
  const { paused = operation.paused, lastError = operation.lastError } = settings;
  const throttle = { ...operation.throttle, ...definedOf(settings.throttle) };
  const isSame =
    paused === operation.paused &&
    throttle.bytesPerSecond === operation.throttle.bytesPerSecond &&
    throttle.concurrency === operation.throttle.concurrency &&
    isDeepStrictEqual(throttle.window, operation.throttle.window) &&
    lastError === operation.lastError;
  return isSame
    ? undefined
    : { ...before, operation: { ...operation, paused, throttle, lastError } };
}

function definedOf(throttle: Partial<CatalogThrottle> = {}): Partial<CatalogThrottle> {
  return Object.fromEntries(Object.entries(throttle).filter(([, value]) => value !== undefined));
}
