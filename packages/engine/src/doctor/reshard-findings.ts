import type { CatalogBehind, CatalogDocument, CatalogOperation } from "@shale/format";
import type { DiagnosisFinding } from "./diagnosis.ts";
import type { DoctorFacts } from "./doctor-facts.ts";

/** What of a reshard does not go on by itself, and the command that gets it on. */
export function reshardFindings(facts: DoctorFacts): readonly DiagnosisFinding[] {
  const { reshard } = facts;
  if (reshard === undefined) return [];
  const { operation } = reshard;
  return [
    ...cutFindings(reshard),
    ...reshard.behind.map((behind) => behindFinding(behind, reshard)),
    ...(operation === null ? [] : operationFindings(operation, facts)),
    ...closedFindings(facts),
  ];
}

function cutFindings({ cutPending }: Pick<CatalogDocument, "cutPending">): DiagnosisFinding[] {
  if (cutPending === null) return [];
  const what = `The cut of operation ${cutPending.operation} is still being taken: drains and collections wait`;
  return [{ code: "RESHARD_CUT", what, next: "shale reshard backfill", needsPerson: false }];
}

function behindFinding(
  { spec, sinceMs, catchUp }: CatalogBehind,
  { operation, live }: Pick<CatalogDocument, "operation" | "live">,
): DiagnosisFinding {
  const isOld = operation?.state === "finalized" && spec !== live;
  const how = catchUp === null ? "the tail is not kept for it" : "it has begun to catch up";
  return {
    code: "RESHARD_BEHIND",
    what: `Spec ${spec} has missed rows since ${isoOf(sinceMs)}: ${how}${isOld ? "; no rollback is possible" : ""}`,
    next: isOld ? "shale reshard collect, once its time is over" : "shale reshard backfill",
    needsPerson: isOld,
  };
}

/** The first that holds: a later one follows from it. */
function operationFindings(operation: CatalogOperation, facts: DoctorFacts): DiagnosisFinding[] {
  const { state, spec, lastError, paused, finalizedMs, rollbackMs } = operation;
  if (state === "aborting") {
    const what = `Operation ${operation.id} was given up, and spec ${spec} is not closed yet`;
    return [finding("RESHARD_ABORTING", what, "shale reshard abort")];
  }
  if (finalizedMs !== null) return windowFindings(operation, finalizedMs + rollbackMs, facts);
  if (lastError !== null) {
    const { atMs, code, message } = lastError;
    const what = `Copying into spec ${spec} was stopped at ${isoOf(atMs)}: ${code}: ${message}`;
    const next = "put that right, then: shale reshard backfill";
    return [{ code: "RESHARD_FAILED", what, next, needsPerson: true }];
  }
  if (paused) {
    const what = `Copying into spec ${spec} is paused`;
    return [finding("RESHARD_PAUSED", what, "shale reshard backfill --resume")];
  }
  const isCopying = facts.claims.some(
    ({ claim, owner }) => claim.kind === "copy" && owner === "alive",
  );
  if (isCopying) return [];
  const what = `Operation ${operation.id} is ${state}, and nobody copies`;
  return [finding("RESHARD_WAITS", what, nextOf(operation))];
}

function nextOf({ state, token }: CatalogOperation): string {
  if (state === "validating") return `shale reshard ${token === null ? "validate" : "finalize"}`;
  return state === "backfilling"
    ? "shale reshard backfill, then: shale reshard validate"
    : "shale reshard backfill";
}

function windowFindings(
  { source, sourceMissed }: CatalogOperation,
  untilMs: number,
  { nowMs, reshard }: DoctorFacts,
): DiagnosisFinding[] {
  const found: DiagnosisFinding[] = [];
  const isBehind = reshard?.behind.some(({ spec }) => spec === source) ?? false;
  if (sourceMissed && !isBehind) {
    const what = `Spec ${source} has missed rows since finalize: no rollback is possible`;
    const next = "shale reshard collect, once its time is over";
    found.push({ code: "RESHARD_BEHIND", what, next, needsPerson: true });
  }
  if (nowMs >= untilMs) {
    const what = `The time of a rollback to spec ${source} is over since ${isoOf(untilMs)}, and both specs are kept`;
    found.push(finding("RESHARD_WINDOW", what, "shale reshard collect"));
  }
  return found;
}

function closedFindings({ closed, reshard }: DoctorFacts): DiagnosisFinding[] {
  if (closed.objects === 0) return [];
  const what = `${closed.objects} objects (${closed.bytes} bytes) are of specs that are closed`;
  const next = reshard?.operation === null ? "shale reshard collect" : "shale collect";
  return [finding("SPEC_CLOSED", what, next)];
}

function finding(code: DiagnosisFinding["code"], what: string, next: string): DiagnosisFinding {
  return { code, what, next, needsPerson: false };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
