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
  /** Rows of the last so many days wait for the cut; null with "tee". */
  readonly horizonDays: number | null;
  /** The first of those UTC days; null with "tee". */
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
  const { id, shards, strategy, horizonDay, horizonDays, rollbackMs, throttle } = request;
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
    horizonDay,
    finalizedMs: null,
    token: null,
    sourceMissed: false,
    lastError: null,
  };
  const facts = { source, spec, shards, strategy, horizonDay, horizonDays, rollbackMs };
  const begun = stepped(before, { verb: "begin", operation: id, facts }, step, operation);
  const listed = { spec, shards, hash: "xxh64", createdMs: step.atMs, closedMs: null } as const;
  return {
    ...begun,
    specs: [...before.specs, listed],
    fed: isTee ? [...before.fed, spec] : before.fed,
    cutPending: isTee ? { operation: id } : null,
  };
}

/** The throttle is left out: it may change at any time. */
function isSameRequest(before: CatalogDocument, request: BeginRequest): boolean {
  const { id, shards, strategy, horizonDays, rollbackMs } = request;
  if (before.operation?.id !== id) return false;
  const begun = before.transitions.find(
    ({ verb, operation }) => verb === "begin" && operation === id,
  );
  const facts = begun?.facts ?? {};
  return (
    facts["shards"] === shards &&
    facts["strategy"] === strategy &&
    (facts["horizonDays"] ?? null) === horizonDays &&
    facts["rollbackMs"] === rollbackMs
  );
}
