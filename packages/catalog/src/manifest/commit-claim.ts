import { isDeepStrictEqual } from "node:util";
import type { CallOptions, Env } from "@shale/env";
import type {
  CatalogVector,
  DayFileEntry,
  ManifestClaim,
  ManifestCopy,
  ManifestDocument,
  ManifestWritten,
} from "@shale/format";
import { COMMITTED_KEPT, claimOfOutput } from "@shale/format";
import { invariant, ShaleError } from "@shale/model";
import type { Chain } from "../chain/chain.ts";
import { manifestClosed, nameOf } from "./begin-claim.ts";
import type { ManifestBalance } from "./claim-balance.ts";
import { imbalanceOf } from "./claim-balance.ts";
import { movedTo } from "./vectors.ts";

/** What a job's commit makes of its manifest. */
export interface ClaimChange {
  /** Files named after the claim. */
  readonly added: readonly DayFileEntry[];
  /** Ids among the claim's inputs. */
  readonly removed: readonly string[];
  /**
   * Only of a purge: inputs that stay as they are, with a higher `tombstone`, because no row of them
   * is under one (protocol D2).
   */
  readonly marked?: readonly DayFileEntry[] | undefined;
  /** Only of a drain, and of the copy of a catch-up: where the named writers stand now. */
  readonly watermarks?: CatalogVector | undefined;
  /** Only of the copy of a catch-up: where the group was frozen when the job read it. */
  readonly base?: CatalogVector | undefined;
  /** Only of a copy: what has been copied now, and from where each went on. */
  readonly copied?: readonly CopyStep[] | undefined;
  readonly balance: ManifestBalance;
}

/** One source shard's day, copied up to `vector`. */
export interface CopyStep extends ManifestCopy {
  /** Up to where it had been copied when the job read the rows; null: nothing of it. */
  readonly from: CatalogVector | null;
}

/**
 * Publishes what a job made, and ends its claim, in one commit (protocol C1, C2). The claim
 * protects its inputs: while it stands they are listed, and nobody else moves the watermarks.
 *
 * @returns A version that holds the commit: its own, or a later one. A claim that was committed
 * before gives the newest version; the last 64 are known.
 * @throws {ShaleError} CLAIM_LOST when somebody has taken the job over: nothing was committed, and
 * nothing may be deleted. MANIFEST_CLOSED, CATALOG_CONFLICT; STORE_UNAVAILABLE: it may be
 * committed: repeat
 * @throws {InvariantError} when the rows do not add up (protocol C3)
 */
export async function commitClaim(
  env: Env,
  chain: Chain<ManifestDocument>,
  claimId: string,
  change: ClaimChange,
  options: CallOptions = {},
): Promise<ManifestDocument> {
  const manifest = await chain.commit((newest) => {
    const { before, claim } = standing(newest, claimId);
    if (claim === undefined) return undefined;
    invariant(claim.kind !== "fold", "a fold changes no file");
    return planCommit(before, claim, change);
  }, options);
  env.logger.debug("claim committed", { claim: claimId, version: manifest.version });
  return manifest;
}

/**
 * The claim in the newest version; undefined when it was committed.
 *
 * @throws {ShaleError} CLAIM_LOST, MANIFEST_CLOSED
 */
export function standing(
  newest: ManifestDocument | undefined,
  claimId: string,
): { readonly before: ManifestDocument; readonly claim: ManifestClaim | undefined } {
  invariant(newest !== undefined, `claim ${claimId} was put into a manifest`);
  const claim = newest.claims.find(({ id }) => id === claimId);
  if (claim !== undefined || newest.committed.includes(claimId)) return { before: newest, claim };
  if (newest.closedMs !== null) throw manifestClosed(newest);
  throw new ShaleError(
    "CLAIM_LOST",
    `Cannot commit the job ${claimId} of ${nameOf(newest)}: another process has taken it over`,
  );
}

function planCommit(
  before: ManifestDocument,
  claim: ManifestClaim,
  change: ClaimChange,
): ManifestDocument {
  const { added, removed, watermarks, base, copied, balance, marked = [] } = change;
  const foreign = added.find(({ id }) => claimOfOutput(id) !== claim.id);
  invariant(foreign === undefined, `file ${foreign?.id} is named after claim ${claim.id}`);
  const inputs = new Set(claim.inputs);
  const unclaimed = [...removed, ...marked.map(({ id }) => id)].find((id) => !inputs.has(id));
  invariant(unclaimed === undefined, `file ${unclaimed} is an input of claim ${claim.id}`);
  const imbalance = imbalanceOf(claim.kind, added, balance);
  invariant(imbalance === undefined, `C3 of the ${claim.kind} ${claim.id}: ${imbalance}`);
  const gone = new Set(removed);
  const marks = new Map(marked.map((entry) => [entry.id, entry]));
  const kept = before.added.filter(({ id }) => !gone.has(id));
  const unpaged = new Set(before.added.map(({ id }) => id));
  // A page never changes: the entry in it is removed, and stands in `added` with its mark.
  const markedInPages = marked.filter(({ id }) => !unpaged.has(id));
  const isCatchUp = claim.kind === "copy" && watermarks !== undefined;
  // Copies have no inputs: another job may have copied the same rows, and freezing again names
  // another base, or none (protocol S7).
  if (isCatchUp && (base === undefined || !isDeepStrictEqual(before.base, base))) {
    throw copiedByAnother(before, claim);
  }
  const goneFromPages = [...removed, ...markedInPages.map(({ id }) => id)];
  return {
    ...endClaim(before, claim.id),
    added: [...kept.map((entry) => marks.get(entry.id) ?? entry), ...markedInPages, ...added],
    removed: [...before.removed, ...goneFromPages.filter((id) => !unpaged.has(id))],
    watermarks:
      watermarks === undefined ? before.watermarks : movedTo(before.watermarks, watermarks),
    base: isCatchUp ? null : before.base,
    copied: copied === undefined ? before.copied : copiedTo(before, claim, copied),
    written: writtenBy(before.written, claim, added),
  };
}

/** The manifest without the claim, which is remembered as committed. */
export function endClaim(before: ManifestDocument, claimId: string): ManifestDocument {
  return {
    ...before,
    claims: before.claims.filter(({ id }) => id !== claimId),
    committed: [...before.committed, claimId].slice(-COMMITTED_KEPT),
  };
}

/**
 * Copies have no inputs, so two jobs may copy the same rows; only one of them finds the vector that
 * it went on from (protocol S2).
 */
function copiedTo(
  before: ManifestDocument,
  claim: ManifestClaim,
  steps: readonly CopyStep[],
): readonly ManifestCopy[] {
  const nameOfCopy = ({ shard, day }: Pick<ManifestCopy, "shard" | "day">) => `${shard}/${day}`;
  const copies = new Map(before.copied.map((copy) => [nameOfCopy(copy), copy]));
  for (const { from, ...copy } of steps) {
    const standing = copies.get(nameOfCopy(copy))?.vector ?? null;
    if (!isDeepStrictEqual(standing, from)) {
      throw copiedByAnother(before, claim);
    }
    copies.set(nameOfCopy(copy), copy);
  }
  return [...copies.values()];
}

function copiedByAnother(before: ManifestDocument, { id }: ManifestClaim): ShaleError {
  return new ShaleError(
    "CLAIM_LOST",
    `Cannot commit the job ${id} of ${nameOf(before)}: another one copied its rows`,
  );
}

function writtenBy(
  written: ManifestWritten,
  { kind }: ManifestClaim,
  added: readonly DayFileEntry[],
): ManifestWritten {
  const rows = added.reduce((sum, entry) => sum + entry.rows, 0);
  const bytes = added.reduce((sum, entry) => sum + entry.bytes, 0);
  const isDrain = kind === "drain";
  return {
    drainedRows: written.drainedRows + (isDrain ? rows : 0),
    drainedBytes: written.drainedBytes + (isDrain ? bytes : 0),
    rewrittenRows: written.rewrittenRows + (isDrain ? 0 : rows),
    rewrittenBytes: written.rewrittenBytes + (isDrain ? 0 : bytes),
    commits: written.commits + 1,
  };
}
