import { completeCut } from "@shale/catalog";
import type { CallOptions } from "@shale/env";
import { nonceOf } from "@shale/env";
import type { CatalogDocument, CatalogThrottle } from "@shale/format";
import { DAY_MS, dayOf, ShaleError, spanMs } from "@shale/model";
import { copyWindowOf } from "../copy/copy-window.ts";
import type { BeginRequest } from "../edits/begin.ts";
import { withOperation } from "../edits/begin.ts";
import { wrongState } from "../edits/step.ts";
import type { ReshardState } from "../states/transition-table.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { commitEdit, shardsOf, stepOf } from "./reshard-context.ts";

export interface BeginOptions extends CallOptions {
  readonly shards: number;
  /** "tee" (the default): both specs are fed at once; "chunked": history is copied first. */
  readonly strategy?: "tee" | "chunked" | undefined;
  /** With "chunked": rows of the last so many days wait for the cut. Default 7. */
  readonly horizonDays?: number | undefined;
  /** How long a rollback stays possible after finalize: a span such as "10d", or ms. Default 10d. */
  readonly retention?: string | number | undefined;
  /** The same id with the same options is the same operation. Default: a fresh one. */
  readonly operationId?: string | undefined;
  readonly throttle?: Partial<CatalogThrottle> | undefined;
}

export interface Begun {
  readonly operationId: string;
  readonly spec: string;
  readonly shards: number;
  /** The generation that begins at the cut; null while that is to come. */
  readonly generation: number | null;
  readonly state: ReshardState;
  /** Writer to seq: rows above it are of the new generation. Empty while the cut is to come. */
  readonly cut: Readonly<Record<string, number>>;
}

const HORIZON_DAYS = 7;
const ROLLBACK_MS = 10 * DAY_MS;
const asFastAsItGoes = { bytesPerSecond: null, concurrency: 2, window: null } as const;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * Begins to change the number of shards of a project (protocol S1, S3). Nobody waits for a writer.
 *
 * @throws {ShaleError} SHARDS_INVALID, OPTION_INVALID, RESHARD_STATE, PROJECT_NOT_FOUND,
 * CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat with the same `operationId`
 */
export async function beginReshard(context: ReshardContext, options: BeginOptions): Promise<Begun> {
  const { env, project } = context;
  const { signal } = options;
  const request = requestOf(context, options);
  const step = stepOf(context);
  const begun = await commitEdit(context, (before) => withOperation(before, request, step), signal);
  const isPending = begun.cutPending?.operation === request.id;
  const catalog = isPending ? await completeCut(env, project, { signal }) : begun;
  return begunOf(catalog, request.id);
}

function requestOf({ env }: ReshardContext, options: BeginOptions): BeginRequest {
  const { shards, strategy = "tee", horizonDays = HORIZON_DAYS, throttle } = options;
  const id = options.operationId ?? `reshard-${nonceOf(env.random).slice(0, 8)}`;
  if (!ID.test(id)) {
    throw optionInvalid("operationId", id, "letters, digits, dots, dashes and underscores");
  }
  if (!Number.isInteger(horizonDays) || horizonDays < 0 || horizonDays > 36_500) {
    throw optionInvalid("horizonDays", horizonDays, "a whole number of days");
  }
  const { retention = ROLLBACK_MS } = options;
  const rollbackMs = typeof retention === "string" ? spanMs(retention) : retention;
  if (rollbackMs === undefined || !Number.isSafeInteger(rollbackMs) || rollbackMs < 0) {
    throw optionInvalid("retention", retention, 'a span such as "10d", or ms');
  }
  const today = dayOf(Math.floor(env.clock.nowMs()));
  return {
    ...{ id, shards, strategy, rollbackMs },
    horizonDays: strategy === "chunked" ? horizonDays : null,
    horizonDay: strategy === "chunked" ? dayOf((today - horizonDays) * DAY_MS) : null,
    throttle: checkedThrottle({ ...asFastAsItGoes, ...throttle }),
  };
}

/** @throws {ShaleError} OPTION_INVALID */
export function checkedThrottle(throttle: CatalogThrottle): CatalogThrottle {
  const { bytesPerSecond, concurrency, window } = throttle;
  if (bytesPerSecond !== null && !(Number.isSafeInteger(bytesPerSecond) && bytesPerSecond > 0)) {
    throw optionInvalid("throttle.bytesPerSecond", bytesPerSecond, "1 or more bytes, or null");
  }
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64) {
    throw optionInvalid("throttle.concurrency", concurrency, "1 to 64 jobs");
  }
  if (window === null) return throttle;
  const { from, to, timezone } = window;
  return { ...throttle, window: copyWindowOf(`${from}-${to}`, timezone) };
}

function optionInvalid(path: string, value: unknown, wanted: string): ShaleError {
  return new ShaleError(
    "OPTION_INVALID",
    `Cannot use ${path} ${JSON.stringify(value)}: it must be ${wanted}`,
    { path },
  );
}

function begunOf(catalog: CatalogDocument, id: string): Begun {
  const { operation, cuts } = catalog;
  // Another process may have given it up meanwhile.
  if (operation?.id !== id) throw wrongState(catalog, "begin");
  const cut = cuts.find((one) => one.operation === id);
  const seqs = Object.entries(cut?.positions ?? {}).map(([writer, { lastSeq }]) => [
    writer,
    lastSeq,
  ]);
  return {
    ...{ operationId: id, spec: operation.spec, shards: shardsOf(catalog, operation.spec) },
    generation: cut?.generation ?? null,
    state: operation.state,
    cut: Object.fromEntries(seqs),
  };
}
