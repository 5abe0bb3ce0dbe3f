import type { CatalogVector, DayFileEntry, ManifestDocument } from "@shale/format";
import { outputId } from "@shale/format";
import { dayOf, projectId, shardId, specNameOf, writerOrdinal } from "@shale/model";
import type { ManifestBalance } from "../src/manifest/claim-balance.ts";
import type { ManifestPlace } from "../src/manifest/manifest-place.ts";

const DAY_MS = 86_400_000;

export const group: ManifestPlace = {
  project: projectId("shop"),
  spec: specNameOf(0),
  group: 0,
};
export const dayAt = (n: number) => dayOf(n * DAY_MS);

/** Writer -> number of its object; its rows end at ten times that. */
export function vectorAt(numbers: Readonly<Record<number, number>>): CatalogVector {
  return {
    positions: Object.fromEntries(
      Object.entries(numbers).map(([writer, n]) => [writer, { n, lastSeq: 10 * n }]),
    ),
    infinite: [],
  };
}
export const first = vectorAt({ 1: 0 });

export interface FileFacts {
  readonly shard?: number;
  readonly day?: number;
  readonly rows?: number;
  readonly bytes?: number;
  readonly generation?: number;
}

/** A file that looks as if the claim had made it. Its digest counts its rows. */
export function fileOf(claim: string, number: number, facts: FileFacts = {}): DayFileEntry {
  const { shard = 0, day = 20_000, rows = 10, bytes = 1_000, generation = 0 } = facts;
  return {
    id: outputId(claim, number),
    shard: shardId(shard, 65_536),
    day: dayAt(day),
    bytes,
    crc: "00000000",
    token: `t${number}`,
    footerBytes: 100,
    footerCrc: "00000000",
    rows,
    clientRows: rows,
    users: 1,
    minTimeMs: day * DAY_MS,
    maxTimeMs: (day + 1) * DAY_MS - 1,
    firstPlace: "0000000000000000",
    lastPlace: "ffffffffffffffff",
    distinct: true,
    tombstone: 0,
    generations: [{ generation, rows, digest: rows.toString(16).padStart(32, "0") }],
    seqs: [{ writer: writerOrdinal(1), min: 1, max: 10 }],
  };
}

/** All that the files hold, and nothing left out. */
export function balanceOf(files: readonly DayFileEntry[]): ManifestBalance {
  return { in: files.flatMap(({ generations }) => generations) };
}

export function idsOf(manifest: Pick<ManifestDocument, "added">): readonly string[] {
  return manifest.added.map(({ id }) => id);
}
