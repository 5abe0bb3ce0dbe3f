import type { Digest, StoredBatch } from "@shale/columns";
import { addDigests, digestsByGeneration, emptyDigest, parseDigest } from "@shale/columns";
import { addProofs, canonicalText, plainRowOf, proofOf } from "./independent/canonical-row.ts";

/** Facts of some logical rows of one day and generation. They add up over shards. */
export interface UnitSum {
  readonly events: number;
  /** Distinct, "" left out. */
  readonly users: number;
  readonly digest: Digest;
  /** The second digest, 0 where it is not taken. */
  readonly proof: bigint;
}
/** By generation. */
export type UnitSums = Map<number, UnitSum>;

export const noRows: UnitSum = { events: 0, users: 0, digest: emptyDigest, proof: 0n };

/** Adds what is given, which may be a part of the facts. */
export function addUnit(sums: UnitSums, generation: number, more: Partial<UnitSum>): void {
  const sum = sums.get(generation) ?? noRows;
  sums.set(generation, {
    events: sum.events + (more.events ?? 0),
    users: sum.users + (more.users ?? 0),
    digest: more.digest === undefined ? sum.digest : addDigests(sum.digest, more.digest),
    proof: addProofs(sum.proof, more.proof ?? 0n),
  });
}

/** @param rows All rows of their users on one day, so that their users add up. */
export function addRows(sums: UnitSums, rows: StoredBatch, { proves }: { proves: boolean }): void {
  for (const { generation, rows: events, digest } of digestsByGeneration(rows)) {
    addUnit(sums, generation, { events, digest: parseDigest(digest) });
  }
  for (const [generation, users] of usersByGeneration(rows)) addUnit(sums, generation, { users });
  if (!proves) return;
  for (let row = 0; row < rows.rowCount; row++) {
    const proof = proofOf(canonicalText(plainRowOf(rows, row)));
    addUnit(sums, rows.generations[row] ?? 0, { proof });
  }
}

function usersByGeneration({ users, userCodes, generations }: StoredBatch): Map<number, number> {
  const { count, offsets } = users.ids;
  const seen = new Map<number, Uint8Array>();
  const counts = new Map<number, number>();
  for (let row = 0; row < userCodes.length; row++) {
    const user = userCodes[row] ?? 0;
    const generation = generations[row] ?? 0;
    const marks = seen.get(generation) ?? new Uint8Array(count);
    if (marks[user] === 1 || offsets[user] === offsets[user + 1]) continue;
    marks[user] = 1;
    seen.set(generation, marks);
    counts.set(generation, (counts.get(generation) ?? 0) + 1);
  }
  return counts;
}
