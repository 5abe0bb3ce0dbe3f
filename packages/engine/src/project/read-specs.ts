import { loadEntries, loadManifests } from "@shale/catalog";
import type { CatalogDocument, CatalogSpec } from "@shale/format";
import { countRows, runWithPin } from "@shale/scan";
import type { SpecStatus } from "../store.ts";
import { pinsOf } from "./ask/take-pin.ts";
import type { ProjectParts } from "./project-parts.ts";

/** Of a spec, however it was read. */
export interface SpecCounts {
  /** By shard. */
  readonly rows: Float64Array;
  readonly tailRows: number;
  readonly dayFiles: number;
  /** Day files and the tail that they do not cover. */
  readonly bytes: number;
}

export function specStatusOf(
  { spec, shards }: Pick<CatalogSpec, "spec" | "shards">,
  { rows, tailRows, dayFiles, bytes }: SpecCounts,
): SpecStatus {
  const events = rows.reduce((sum, count) => sum + count, 0);
  const max = rows.reduce((most, count) => Math.max(most, count), 0);
  const skew = { max, mean: events / shards };
  return { spec, shards, events, bytes, dayFiles, tailEvents: tailRows, skew };
}

/** Those that are not live and not closed: the other spec of a reshard. */
export async function readOtherSpecs(
  parts: ProjectParts,
  catalog: CatalogDocument,
  tailBytesOf: (keys: readonly string[]) => Promise<number>,
): Promise<readonly SpecStatus[]> {
  const others = catalog.specs.filter(
    ({ spec, closedMs }) => spec !== catalog.live && closedMs === null,
  );
  const found: SpecStatus[] = [];
  for (const spec of others) {
    const counts = canBePinned(catalog, spec)
      ? await countAtPin(parts, spec, tailBytesOf)
      : await countFiles(parts, spec);
    found.push(specStatusOf(spec, counts));
  }
  return found;
}

/** Before its cut, and while it is behind, where the rows of a spec end is not known. */
function canBePinned(
  { fed, cuts, behind }: CatalogDocument,
  { spec }: Pick<CatalogSpec, "spec">,
): boolean {
  const hasCut = spec === "A" || cuts.some((cut) => cut.spec === spec);
  return fed.includes(spec) && hasCut && !behind.some((one) => one.spec === spec);
}

async function countAtPin(
  parts: ProjectParts,
  { spec }: CatalogSpec,
  tailBytesOf: (keys: readonly string[]) => Promise<number>,
): Promise<SpecCounts> {
  return await runWithPin(pinsOf(parts, { spec }), async (pin) => {
    const { rows, tailRows, files } = await countRows(parts.env, pin, { cache: parts.cache });
    const tailBytes = await tailBytesOf(pin.tail.map(({ key }) => key));
    const bytes = files.reduce((sum, file) => sum + file.bytes, tailBytes);
    return { rows, tailRows, dayFiles: files.length, bytes };
  });
}

async function countFiles(
  { env, project }: ProjectParts,
  { spec, shards }: CatalogSpec,
): Promise<SpecCounts> {
  const rows = new Float64Array(shards);
  let [dayFiles, bytes] = [0, 0];
  for (const manifest of (await loadManifests(env, project, spec, shards)).values()) {
    if (manifest === undefined) continue;
    for (const entry of await loadEntries(env, manifest, "all")) {
      rows[entry.shard] = (rows[entry.shard] ?? 0) + entry.rows;
      dayFiles++;
      bytes += entry.bytes;
    }
  }
  return { rows, tailRows: 0, dayFiles, bytes };
}
