import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { seqFloorOf } from "@shale/model";
import { readGroupsWhole } from "../collect/sight/read-groups-whole.ts";
import { readTailEnds } from "../collect/sight/tail-ends.ts";
import { readHeartbeats } from "../heartbeats.ts";

/**
 * The greatest of now's seq and every seq that can be seen: heartbeats, the ends of the tails, the
 * catalog, and the files of the live spec, which hold the rows of writers that have retired. A
 * clock that was ahead left rows above now's seq, and a delete must reach them (protocol D1).
 *
 * @throws {ShaleError} what the store throws, and what cannot be read
 */
export async function readGreatestSeq(
  env: Env,
  catalog: CatalogDocument,
  options: CallOptions = {},
): Promise<number> {
  const { project, writers, specs, live } = catalog;
  // Rows go from memory to the tail and on into files: whatever moves meanwhile is seen later on.
  const heartbeats = await readHeartbeats(env, project);
  const ordinals = writers.map(({ ordinal }) => ordinal);
  const ends = await readTailEnds(env, project, ordinals, options);
  const answering = specs.filter(({ spec }) => spec === live);
  const groups = await readGroupsWhole(env, catalog, { ...options, specs: answering });
  let greatest: number = seqFloorOf(env.clock.nowMs());
  function see(seq: number): void {
    if (seq > greatest) greatest = seq;
  }
  for (const { lastSeq } of heartbeats) see(lastSeq);
  for (const { lastSeq } of ends.values()) see(lastSeq);
  for (const seq of seqsOf(catalog)) see(seq);
  for (const { files } of groups) {
    for (const { seqs } of files) for (const { max } of seqs) see(max);
  }
  return greatest;
}

/** Every seq that a catalog names: cuts, catch-up targets, tombstones, forgotten logs. */
export function seqsOf(catalog: CatalogDocument): readonly number[] {
  const { behind, cuts, tombstones, writers } = catalog;
  const vectors = [...cuts, ...behind.flatMap(({ catchUp }) => catchUp?.target ?? [])];
  return [
    ...vectors.flatMap(({ positions }) => Object.values(positions).map(({ lastSeq }) => lastSeq)),
    ...tombstones.map(({ seq }) => seq),
    ...writers.flatMap(({ forgotten }) => forgotten?.lastSeq ?? []),
  ];
}
