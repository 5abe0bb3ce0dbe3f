import { tombstoneHash } from "@shale/columns";
import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId, SpecName, WriterOrdinal } from "@shale/model";
import { ShaleError, seq } from "@shale/model";
import { existing, loadCatalog } from "../open-catalog.ts";
import type { AdoptingWriter } from "./await-adoption.ts";
import { awaitAdoption } from "./await-adoption.ts";
import { readGreatestSeq } from "./greatest-seq.ts";
import type { WantedTombstone } from "./tombstones.ts";
import { addTombstones } from "./tombstones.ts";

/** Three heartbeats of a writer with default settings. */
export const ADOPTION_WAIT_MS = 15_000;
const encoder = new TextEncoder();

export interface DeletionOptions extends CallOptions {
  /** Who decided it, for the audit. */
  readonly by: string;
  /** The writers of this process, so that they are not waited for. */
  readonly own?: readonly AdoptingWriter[] | undefined;
  /** How long other writers are waited for, twice at most; default 15,000 ms. */
  readonly waitMs?: number | undefined;
}

/** What is left to show of a delete: no user id stands in it. */
export interface DeletionReceipt {
  /** Rows of a user are hidden up to the greatest seq of its tombstones. */
  readonly tombstones: readonly ReceiptTombstone[];
  /** The clock of this process, ms since 1970 UTC. */
  readonly atMs: number;
  /**
   * Writers that did not adopt the tombstones in time: their rows from before may be shown yet.
   */
  readonly unanswered: readonly WriterOrdinal[];
  /** Specs whose files a purge has to pass before the rows are gone. */
  readonly specs: readonly SpecName[];
}
export interface ReceiptTombstone {
  readonly userHash: string;
  readonly number: number;
  readonly seq: number;
}

/**
 * Hides every row of these users that was acknowledged before the call (protocol D1), in every
 * answer that begins after it resolves. Rows that are appended after that are shown.
 *
 * A writer whose clock is ahead may have handed out seqs above the first tombstone's; it reports
 * them as it adopts that, and a second one reaches them, and is waited for too.
 *
 * @throws {ShaleError} OPTION_INVALID, PROJECT_NOT_FOUND, CATALOG_CONFLICT, and what the store
 * throws: repeat it
 */
export async function deleteUsers(
  env: Env,
  project: ProjectId,
  userIds: readonly string[],
  options: DeletionOptions,
): Promise<DeletionReceipt> {
  const { by, own = [], waitMs = ADOPTION_WAIT_MS, signal } = options;
  if (userIds.length === 0 || userIds.some((id) => id === "")) {
    throw new ShaleError("OPTION_INVALID", "Cannot delete users: each must have an id", {
      path: "userIds",
    });
  }
  const before = existing(await loadCatalog(env, project), project);
  const hashes = [...new Set(userIds)].map((id) =>
    tombstoneHash(before.tombstoneKey, encoder.encode(id)),
  );
  const greatest = await readGreatestSeq(env, before, { signal });
  const first = await addTombstones(env, project, wishesOf(hashes, greatest + 1), { by, signal });
  const reached = leastSeqOf(first.tombstones);
  const wait = { own, waitMs, signal };
  const adopted = await awaitAdoption(env, first.catalog, wait);
  if (adopted.lastSeq <= reached) {
    return receiptOf(env, first.catalog, first.tombstones, adopted.unanswered);
  }
  const second = await addTombstones(env, project, wishesOf(hashes, adopted.lastSeq), {
    by,
    signal,
  });
  // Otherwise a writer whose clock is behind would go on below it, and new rows would be hidden.
  const { unanswered } = await awaitAdoption(env, second.catalog, wait);
  return receiptOf(
    env,
    second.catalog,
    [...first.tombstones, ...second.tombstones],
    [...adopted.unanswered, ...unanswered],
  );
}

function wishesOf(hashes: readonly string[], upTo: number): readonly WantedTombstone[] {
  return hashes.map((userHash) => ({ userHash, seq: seq(upTo) }));
}

function leastSeqOf(tombstones: readonly ReceiptTombstone[]): number {
  return tombstones.reduce((least, { seq: upTo }) => Math.min(least, upTo), Infinity);
}

function receiptOf(
  { clock }: Env,
  { specs }: CatalogDocument,
  tombstones: readonly ReceiptTombstone[],
  unanswered: readonly WriterOrdinal[],
): DeletionReceipt {
  const unique = new Map(tombstones.map((one) => [one.number, one]));
  return {
    tombstones: [...unique.values()].map(({ userHash, number, seq: upTo }) => ({
      userHash,
      number,
      seq: upTo,
    })),
    atMs: Math.max(0, clock.nowMs()),
    unanswered: [...new Set(unanswered)].sort((a, b) => a - b),
    specs: specs.filter(({ closedMs }) => closedMs === null).map(({ spec }) => spec),
  };
}
