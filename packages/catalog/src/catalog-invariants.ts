import { isDeepStrictEqual } from "node:util";
import type { CatalogDocument } from "@shale/format";
import { NONCES_KEPT } from "@shale/format";
import { catalogRules } from "./catalog-rules.ts";
import type { ChainInvariant } from "./chain/chain.ts";
import { coversRanges, holdsOrdinal } from "./ordinal-ranges.ts";

/** A rule about a version and the one it is built on. */
export type CatalogStep = (before: CatalogDocument, after: CatalogDocument) => string | undefined;

/** What is true of every step from one catalog to the next. */
const catalogSteps: Readonly<Record<string, CatalogStep>> = {
  CAT11_versionFollows: (before, after) =>
    after.version === before.version + 1
      ? undefined
      : `${after.version} does not follow ${before.version}`,
  CAT12_nonceRingTurns: (before, after) => {
    const own = after.nonces.at(-1) ?? "";
    if (before.nonces.includes(own)) return `nonce ${own} is not fresh`;
    const wanted = [...before.nonces, own].slice(-NONCES_KEPT);
    return isDeepStrictEqual(after.nonces, wanted) ? undefined : "earlier nonces were changed";
  },
  CAT13_projectStays: (before, after) => {
    const stays = (["project", "createdMs", "tombstoneKey"] as const).find(
      (field) => before[field] !== after[field],
    );
    return stays === undefined ? undefined : `${stays} changed to ${after[stays]}`;
  },
  CAT14_ordinalsRise: (before, after) => {
    if (after.nextOrdinal < before.nextOrdinal) return `nextOrdinal fell to ${after.nextOrdinal}`;
    const known = new Set([...before.writers, ...before.loads].map(({ ordinal }) => ordinal));
    const reused = [...after.writers, ...after.loads].find(
      ({ ordinal }) => ordinal < before.nextOrdinal && !known.has(ordinal),
    );
    return reused === undefined ? undefined : `ordinal ${reused.ordinal} was handed out before`;
  },
  CAT15_writersStayOrRetire: (before, after) => {
    if (!coversRanges(after.retired, before.retired)) return "a retired ordinal came back";
    const afterByOrdinal = new Map(after.writers.map((writer) => [writer.ordinal, writer]));
    for (const writer of before.writers) {
      const { ordinal, forgotten } = writer;
      if (holdsOrdinal(after.retired, ordinal)) continue;
      const kept = afterByOrdinal.get(ordinal);
      if (kept === undefined) return `writer ${ordinal} is gone and not retired`;
      if (!isDeepStrictEqual({ ...kept, forgotten }, writer)) return `writer ${ordinal} changed`;
    }
    return undefined;
  },
  CAT16_forgottenStays: (before, after) => {
    const forgottenBefore = new Map(before.writers.map((one) => [one.ordinal, one.forgotten]));
    const undone = after.writers.find(({ ordinal, forgotten }) => {
      const was = forgottenBefore.get(ordinal) ?? null;
      return was !== null && !isDeepStrictEqual(forgotten, was);
    });
    return undone === undefined ? undefined : `writer ${undone.ordinal} was forgotten before`;
  },
  CAT17_specsAppend: (before, after) => {
    for (const [i, { closedMs, ...known }] of before.specs.entries()) {
      const { closedMs: closedAfterMs, ...still } = after.specs[i] ?? { closedMs: null };
      if (!isDeepStrictEqual(known, still)) return `spec ${known.spec} was changed or dropped`;
      if (closedMs !== null && closedAfterMs !== closedMs) return `spec ${known.spec} opens again`;
    }
    return undefined;
  },
  CAT18_cutsAppend: (before, after) => {
    const kept = after.cuts.slice(0, before.cuts.length);
    if (!isDeepStrictEqual(kept, before.cuts)) return "a cut was changed or dropped";
    const added = after.cuts.slice(before.cuts.length);
    if (added.length === 0) return undefined;
    // S1: a second begin must not end what the first one left pending.
    const isPending = added.length === 1 && added[0]?.operation === before.cutPending?.operation;
    return isPending ? undefined : "a cut was taken that was not pending";
  },
  CAT19_cutsNameEveryWriter: (before, after) => {
    const cut = after.cuts[before.cuts.length];
    if (cut === undefined) return undefined;
    const missing = [...after.writers, ...after.loads].find(
      ({ ordinal }) =>
        cut.positions[String(ordinal)] === undefined && !holdsOrdinal(cut.infinite, ordinal),
    );
    if (missing !== undefined) return `the cut does not name ordinal ${missing.ordinal}`;
    return coversRanges(cut.infinite, after.retired)
      ? undefined
      : "the cut does not name the retired writers";
  },
  CAT20_tombstonesAreNotReused: (before, after) => {
    if (after.nextTombstone < before.nextTombstone) return "nextTombstone fell";
    const changed = after.tombstones.find((tombstone) => {
      const known = before.tombstones.find(({ number }) => number === tombstone.number);
      return known === undefined
        ? tombstone.number < before.nextTombstone
        : !isDeepStrictEqual(known, tombstone);
    });
    return changed === undefined ? undefined : `tombstone ${changed.number} was used before`;
  },
  CAT21_loadsAppend: (before, after) =>
    isDeepStrictEqual(after.loads.slice(0, before.loads.length), before.loads)
      ? undefined
      : "an adopted load was changed or dropped",
  CAT22_firstDayRises: (before, after) => {
    const [was, is] = [before.retention.firstDay, after.retention.firstDay];
    return was === null || (is !== null && is >= was)
      ? undefined
      : `firstDay fell from ${was} to ${is}`;
  },
  CAT23_auditAppends: (before, after) =>
    isDeepStrictEqual(after.audit.slice(0, before.audit.length), before.audit)
      ? undefined
      : "an audit entry was changed or dropped",
  CAT24_transitionsAppend: (before, after) => {
    const kept = after.transitions.slice(0, before.transitions.length);
    if (!isDeepStrictEqual(kept, before.transitions)) return "a transition was changed or dropped";
    const wrong = after.transitions.findIndex(({ number }, i) => number !== i + 1);
    if (wrong >= 0) return `transition ${wrong + 1} has another number`;
    const [from, to] = [before, after].map(({ operation }) => operation?.state ?? "steady");
    const added = after.transitions.slice(before.transitions.length);
    if (added.length > 1) return "two transitions in one step";
    if (added[0] === undefined) return from === to ? undefined : `${from} became ${to} unsaid`;
    const isSaid = added[0].from === from && added[0].to === to;
    return isSaid ? undefined : `it says ${added[0].from} to ${added[0].to}, not ${from} to ${to}`;
  },
};

/** Everything that a commit to a catalog must keep, by name. Run at every attempt. */
export const catalogInvariants: Readonly<Record<string, ChainInvariant<CatalogDocument>>> = {
  ...Object.fromEntries(
    Object.entries(catalogRules).map(([name, rule]) => [
      name,
      (_before: CatalogDocument | undefined, after: CatalogDocument) => rule(after),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(catalogSteps).map(([name, step]) => [
      name,
      (before: CatalogDocument | undefined, after: CatalogDocument) =>
        before === undefined ? firstProblemOf(name, after) : step(before, after),
    ]),
  ),
};

/** Version 1 follows nothing; of the steps only its number says something. */
function firstProblemOf(name: string, first: CatalogDocument): string | undefined {
  const isFirst = name !== "CAT11_versionFollows" || first.version === 1;
  return isFirst ? undefined : `the first version is ${first.version}`;
}
