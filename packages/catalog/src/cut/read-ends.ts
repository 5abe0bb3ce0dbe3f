import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument, CatalogVector } from "@shale/format";
import type { SpecName } from "@shale/model";
import { invariant } from "@shale/model";
import { loadManifests } from "../manifest/load-manifests.ts";
import { movedTo } from "../manifest/vectors.ts";
import { holdsOrdinal } from "../ordinal-ranges.ts";
import { firstWatermarks, laterOf } from "../pin/plan-pin.ts";
import { NO_POSITION, readHeads } from "../pin/read-heads.ts";

/**
 * Where every log of the catalog ends now, or later than when this call began: for each writer the
 * greater of its head and all watermarks of the spec, 0 for one with nothing. All heads are read
 * before any watermark (protocol S1): an object that was listed stays, and one that went before the
 * listing is below a watermark that is read after it.
 *
 * @throws {ShaleError} PIN_UNSTABLE, CATALOG_CONFLICT, OBJECT_CORRUPT, FORMAT_UNKNOWN,
 * STORE_UNAVAILABLE
 */
export async function readEnds(
  env: Env,
  catalog: CatalogDocument,
  spec: SpecName,
  options: CallOptions = {},
): Promise<CatalogVector> {
  const { project, specs, writers, loads } = catalog;
  const listed = specs.find((one) => one.spec === spec);
  invariant(listed !== undefined, `spec ${spec} is in the catalog whose logs are read`);
  const first = firstWatermarks(catalog, spec);
  const heads = await readHeads(env, project, catalog, first, options);
  const manifests = await loadManifests(env, project, spec, listed.shards, options);
  const positions = writers.map(({ ordinal }) => {
    let end = laterOf(heads.get(ordinal)?.head ?? NO_POSITION, first.get(ordinal) ?? NO_POSITION);
    for (const manifest of manifests.values()) {
      end = laterOf(end, manifest?.watermarks.positions[String(ordinal)] ?? NO_POSITION);
    }
    return [String(ordinal), end] as const;
  });
  const ended = loads.map(({ ordinal }) => ({ from: ordinal, to: ordinal }));
  return movedTo(
    { positions: Object.fromEntries(positions), infinite: [] },
    { positions: {}, infinite: [...catalog.retired, ...ended] },
  );
}

/** The vector with a place for every ordinal of a newer catalog: 0 for one that it does not know. */
export function withLaterWriters(
  vector: CatalogVector,
  { writers }: Pick<CatalogDocument, "writers">,
): CatalogVector {
  const missing = writers.filter(
    ({ ordinal }) =>
      vector.positions[String(ordinal)] === undefined && !holdsOrdinal(vector.infinite, ordinal),
  );
  const added = missing.map(({ ordinal }) => [String(ordinal), NO_POSITION] as const);
  return { ...vector, positions: { ...vector.positions, ...Object.fromEntries(added) } };
}
