import { isDeepStrictEqual } from "node:util";
import type { DayFileEntry, ManifestClaim, ManifestDocument } from "@shale/format";
import { COMMITTED_KEPT, claimOfOutput, NONCES_KEPT } from "@shale/format";
import type { ChainInvariant } from "../chain/chain.ts";
import { fileCountOf } from "./file-count.ts";
import { manifestRules } from "./manifest-rules.ts";
import { fallenWriterOf, isRetirement } from "./vectors.ts";

/** A rule about a version and the one it is built on. */
type ManifestStep = (before: ManifestDocument, after: ManifestDocument) => string | undefined;

/** What is true of every step from one manifest to the next. */
const manifestSteps: Readonly<Record<string, ManifestStep>> = {
  MAN8_versionFollows: (before, after) =>
    after.version === before.version + 1
      ? undefined
      : `${after.version} does not follow ${before.version}`,
  MAN9_nonceRingTurns: (before, after) => {
    const own = after.nonces.at(-1) ?? "";
    if (before.nonces.includes(own)) return `nonce ${own} is not fresh`;
    const wanted = [...before.nonces, own].slice(-NONCES_KEPT);
    return isDeepStrictEqual(after.nonces, wanted) ? undefined : "earlier nonces were changed";
  },
  MAN10_placeStays: (before, after) => {
    const moved = (["project", "spec", "group"] as const).find((it) => before[it] !== after[it]);
    return moved === undefined ? undefined : `${moved} changed to ${after[moved]}`;
  },
  MAN11_closedStaysClosed: (before) =>
    before.closedMs === null ? undefined : "it was closed, and takes no commit",
  MAN12_watermarksRise: (before, after) => {
    const fallen = fallenWriterOf(before.watermarks, after.watermarks);
    return fallen === undefined ? undefined : `the watermark of writer ${fallen} fell`;
  },
  MAN13_drainsMoveWatermarks: (before, after) => {
    if (isSame(before.watermarks, after.watermarks)) return undefined;
    const kind = committedClaimOf(before, after)?.kind;
    const isCatchUp = kind === "copy" && before.base !== null; // S7: its last unit.
    const isMoved =
      kind === "drain" || isCatchUp || isRetirement(before.watermarks, after.watermarks);
    return isMoved ? undefined : "watermarks moved without a drain";
  },
  MAN14_filesComeByTheirClaim: (before, after) => {
    const claim = committedClaimOf(before, after);
    const known = new Map(before.added.map((entry) => [entry.id, entry]));
    for (const entry of after.added) {
      const was = known.get(entry.id);
      if (was !== undefined && isFreshly(entry.id, before, after)) {
        return `file ${entry.id} is removed and stays`;
      }
      if (was !== undefined && isSame(was, entry)) continue;
      const mayMark = claim?.kind === "purge" && claim.inputs.includes(entry.id);
      if (was !== undefined) {
        if (mayMark && isMarkOf(was, entry)) continue;
        return `file ${entry.id} changed`;
      }
      if (mayMark && isFreshly(entry.id, before, after)) continue; // It stands in a page.
      if (claim?.id !== claimOfOutput(entry.id)) return `file ${entry.id} has no claim`;
      if (claim.kind === "expire") return `an expire claim adds file ${entry.id}`;
    }
    return undefined;
  },
  MAN15_filesGoByTheirClaim: (before, after) => {
    const claim = committedClaimOf(before, after);
    if (claim?.kind === "fold") return undefined; // MAN17 counts what it moves.
    const inputs = new Set(claim?.inputs);
    const [still, already] = [idsOf(after.added), new Set(before.removed)];
    const gone = [
      ...before.added.map(({ id }) => id).filter((id) => !still.has(id)),
      ...after.removed.filter((id) => !already.has(id)),
    ];
    const unclaimed = gone.find((id) => !inputs.has(id));
    if (unclaimed !== undefined) return `file ${unclaimed} goes without a claim`;
    const kept = new Set(after.removed);
    const back = before.removed.find((id) => !kept.has(id));
    return back === undefined ? undefined : `file ${back} came back`;
  },
  MAN16_claimsEndOnce: (before, after) => {
    const added = after.committed.filter((id) => !before.committed.includes(id));
    const wanted = [...before.committed, ...added].slice(-COMMITTED_KEPT);
    if (added.length > 1 || !isSame(after.committed, wanted))
      return "committed claims were changed";
    if (added[0] !== undefined && committedClaimOf(before, after) === undefined) {
      return `claim ${added[0]} did not stand`;
    }
    const standing = new Map(before.claims.map((claim) => [claim.id, claim]));
    const changed = after.claims.find(({ id, ...claim }) => {
      const was = standing.get(id);
      return was === undefined ? before.committed.includes(id) : !isSame(was, { id, ...claim });
    });
    return changed === undefined ? undefined : `claim ${changed.id} changed or came back`;
  },
  MAN17_foldsKeepFiles: (before, after) => {
    const claim = committedClaimOf(before, after);
    if (claim?.kind !== "fold") {
      return isSame(before.pages, after.pages) ? undefined : "pages changed without a fold";
    }
    const old = new Set(before.pages.map(({ id }) => id));
    const foreign = after.pages.find(({ id }) => !old.has(id) && claimOfOutput(id) !== claim.id);
    if (foreign !== undefined) return `page ${foreign.id} is not named after its fold`;
    const known = idsOf(before.added);
    const fresh = after.added.find(({ id }) => !known.has(id));
    if (fresh !== undefined) return `a fold adds file ${fresh.id}`;
    const [was, is] = [fileCountOf(before), fileCountOf(after)];
    return was === is ? undefined : `a fold made ${is} files of ${was}`;
  },
  MAN18_copiesRise: (before, after) => {
    if (isSame(before.copied, after.copied)) return undefined;
    if (committedClaimOf(before, after)?.kind !== "copy") return "copies changed without a copy";
    const vectors = new Map(after.copied.map((copy) => [`${copy.shard}/${copy.day}`, copy.vector]));
    const fallen = before.copied.find(({ shard, day, vector }) => {
      const is = vectors.get(`${shard}/${day}`);
      return is === undefined || fallenWriterOf(vector, is) !== undefined;
    });
    return fallen === undefined ? undefined : `the copy of ${fallen.shard}/${fallen.day} fell`;
  },
  MAN19_baseIsFrozen: (before, after) => {
    if (isSame(before.base, after.base) || after.base === null) return undefined;
    if (before.base !== null) return "the base moved";
    const isFrozen = isSame(after.base, after.watermarks) && after.claims.length === 0;
    return isFrozen ? undefined : "the base is not where the group was frozen";
  },
  MAN20_writtenGrows: (before, after) => {
    const names = Object.keys(before.written) as (keyof ManifestDocument["written"])[];
    const fallen = names.find((name) => after.written[name] < before.written[name]);
    return fallen === undefined ? undefined : `written.${fallen} fell`;
  },
};

function isFreshly(id: string, before: ManifestDocument, after: ManifestDocument): boolean {
  return after.removed.includes(id) && !before.removed.includes(id);
}

/** Only the tombstone number differs, and it rises (protocol D2). */
function isMarkOf(was: DayFileEntry, entry: DayFileEntry): boolean {
  return entry.tombstone >= was.tombstone && isSame({ ...entry, tombstone: was.tombstone }, was);
}

/** The claim that the step from `before` to `after` committed; undefined for every other step. */
export function committedClaimOf(
  before: ManifestDocument,
  after: ManifestDocument,
): ManifestClaim | undefined {
  const id = after.committed.at(-1);
  if (id === undefined || before.committed.at(-1) === id) return undefined;
  if (after.claims.some((claim) => claim.id === id)) return undefined;
  return before.claims.find((claim) => claim.id === id);
}

function idsOf(entries: ManifestDocument["added"]): ReadonlySet<string> {
  return new Set(entries.map(({ id }) => id));
}

/** Most parts of a version are those of the one before, and not only like them. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** Version 1 follows nothing, and has no files yet. */
function firstProblemOf(name: string, first: ManifestDocument): string | undefined {
  switch (name) {
    case "MAN8_versionFollows":
      return first.version === 1 ? undefined : `the first version is ${first.version}`;
    case "MAN14_filesComeByTheirClaim":
      return fileCountOf(first) === 0 ? undefined : "the first version has files";
    default:
      return undefined;
  }
}

/** Everything that a commit to a manifest must keep, by name. Run at every attempt. */
export const manifestInvariants: Readonly<Record<string, ChainInvariant<ManifestDocument>>> = {
  ...Object.fromEntries(
    Object.entries(manifestRules).map(([name, rule]) => [
      name,
      (_before: ManifestDocument | undefined, after: ManifestDocument) => rule(after),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(manifestSteps).map(([name, step]) => [
      name,
      (before: ManifestDocument | undefined, after: ManifestDocument) =>
        before === undefined ? firstProblemOf(name, after) : step(before, after),
    ]),
  ),
};
