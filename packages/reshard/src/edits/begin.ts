import type { CatalogDocument, CatalogOperation } from "@shale/format";
import type { Day } from "@shale/model";
import { checkShards, ShaleError, specNameOf } from "@shale/model";
import type { StepBy } from "./step.ts";
import { stepped, wrongState } from "./step.ts";

export interface BeginRequest {
  /** Names the operation: the same request twice is one. */
  readonly id: string;
  readonly shards: number;
  readonly strategy: CatalogOperation["strategy"];
  /** First UTC day that is not copied ahead of the cut; with "chunked" only. */
  readonly horizonDay: Day | null;
  /** How long both specs stay fed after finalize, in ms. */
  readonly rollbackMs: number;
  readonly throttle: CatalogOperation["throttle"];
}

/**
 * Begins an operation: the new spec is listed, and with the strategy "tee" it is fed and its cut is
 * pending (protocol S1, commit 1). Its mark is the operation's id.
 *
 * @throws {ShaleError} SHARDS_INVALID, RESHARD_STATE
 */
export function withOperation(
  before: CatalogDocument,
  request: BeginRequest,
  step: StepBy,
): CatalogDocument | undefined {
  const { id, shards, strategy, horizonDay, rollbackMs, throttle } = request;
  checkShards(shards);
  if (isSameRequest(before, request)) return undefined;
  if (before.transitions.some(({ operation }) => operation === id)) {
    throw new ShaleError(
      "RESHARD_STATE",
      `Cannot begin operation "${id}": there was one of that name, with other options or over by now`,
    );
  }
  if (before.operation !== null) throw wrongState(before, "begin");
  const source = before.live;
  const sourceShards = before.specs.find((one) => one.spec === source)?.shards;
  if (shards === sourceShards) {
    throw new ShaleError(
      "SHARDS_INVALID",
      `Cannot reshard project "${before.project}" to ${shards} shards: it has that many`,
      { path: "shards" },
    );
  }
  const spec = specNameOf(before.specs.length);
  const isTee = strategy === "tee";
  const operation: CatalogOperation = {
    ...{ id, source, spec, strategy, rollbackMs, throttle },
    state: isTee ? "teeing" : "copying",
    paused: false,
    startedMs: step.atMs,
    horizonDay: isTee ? null : horizonDay,
    finalizedMs: null,
    token: null,
    sourceMissed: false,
    lastError: null,
  };
  const facts = { source, spec, shards, strategy, horizonDay: operation.horizonDay, rollbackMs };
  const begun = stepped(before, { verb: "begin", operation: id, facts }, step, operation);
  const listed = { spec, shards, hash: "xxh64", createdMs: step.atMs, closedMs: null } as const;
  return {
    ...begun,
    specs: [...before.specs, listed],
    fed: isTee ? [...before.fed, spec] : before.fed,
    cutPending: isTee ? { operation: id } : null,
  };
}

function isSameRequest({ operation, specs }: CatalogDocument, request: BeginRequest): boolean {
  if (operation?.id !== request.id || operation.strategy !== request.strategy) return false;
  return specs.some(({ spec, shards }) => spec === operation.spec && shards === request.shards);
}
