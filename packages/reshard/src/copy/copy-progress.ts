import type { CatalogDocument } from "@shale/format";
import type { CopyUnit, SpecPair } from "./plan-units.ts";
import { groupsFedBy } from "./plan-units.ts";

/** How far the copying is: exact, from what the manifests say. */
export interface CopyProgress {
  /** Days of source shards, once for each group of the new spec that they feed. */
  readonly jobsDone: number;
  readonly jobsTotal: number;
  readonly rowsDone: number;
  readonly rowsTotal: number;
  /** Of source files. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** A file counts for each group by its share: all groups done, it counts whole. */
export function progressOf(
  units: readonly CopyUnit[],
  pair: SpecPair,
  catalog: Pick<CatalogDocument, "cuts">,
  spec: string,
): CopyProgress {
  const cut = catalog.cuts.find((one) => one.spec === spec);
  const generationMax = cut === undefined ? Number.POSITIVE_INFINITY : cut.generation;
  let [jobsDone, rowsDone, rowsTotal, bytesDone, bytesTotal] = [0, 0, 0, 0, 0];
  const shares = new Map<number, number>();
  for (const { shard, files, isDone } of units) {
    const share = shares.get(shard) ?? 1 / groupsFedBy(shard, pair).length;
    shares.set(shard, share);
    const copied = files.filter(({ generations }) =>
      generations.some(({ generation }) => generation < generationMax),
    );
    const rows = copied.reduce(
      (sum, { generations }) =>
        sum +
        generations.reduce((of, one) => of + (one.generation < generationMax ? one.rows : 0), 0),
      0,
    );
    const bytes = copied.reduce((sum, one) => sum + one.bytes, 0);
    rowsTotal += share * rows;
    bytesTotal += share * bytes;
    if (!isDone) continue;
    jobsDone++;
    rowsDone += share * rows;
    bytesDone += share * bytes;
  }
  return {
    ...{ jobsDone, jobsTotal: units.length },
    ...{ rowsDone: Math.round(rowsDone), rowsTotal: Math.round(rowsTotal) },
    ...{ bytesDone: Math.round(bytesDone), bytesTotal: Math.round(bytesTotal) },
  };
}
