import { dayFileKey, manifestKey } from "@shale/catalog";
import type { CatalogDocument, DayFileEntry, ManifestDocument } from "@shale/format";
import { DAY_MS, dayStartMs, SHARDS_PER_GROUP } from "@shale/model";
import type { GroupView } from "../group-view.ts";
import { watermarkOf } from "../group-view.ts";
import type { VerificationFinding } from "../verification.ts";

/**
 * What the manifest of a group says that cannot be true together. Pure: no day file is looked at.
 *
 * @param catalog Not older than the manifest.
 */
export function entryFindingsOf(
  view: GroupView,
  catalog: CatalogDocument,
): readonly VerificationFinding[] {
  const { manifest, entries, spec } = view;
  if (manifest === undefined) return [];
  const findings: VerificationFinding[] = [];
  const ids = new Set<string>();
  for (const entry of entries) {
    const object = dayFileKey(catalog.project, spec, entry);
    const wrong = ids.has(entry.id) ? "it is listed twice" : entryProblemOf(entry, view, catalog);
    if (wrong !== undefined) {
      findings.push({ code: "ENTRY_WRONG", object, message: `Its manifest says of it: ${wrong}` });
    }
    const above = rowsAboveWatermark(entry, view, catalog);
    if (above !== undefined) findings.push({ code: "WATERMARK_WRONG", object, message: above });
    ids.add(entry.id);
  }
  const lost = view.isWhole ? lostInputOf(manifest, ids) : undefined;
  if (lost !== undefined) {
    const object = manifestKey(catalog.project, spec, manifest.group, manifest.version);
    findings.push({ code: "RULE_BROKEN", object, message: lost });
  }
  return findings;
}

function entryProblemOf(
  entry: DayFileEntry,
  { group, shards }: GroupView,
  { cuts, nextOrdinal, nextTombstone }: CatalogDocument,
): string | undefined {
  const { shard, day, rows, clientRows, users, minTimeMs, maxTimeMs } = entry;
  if (shard >= shards || Math.floor(shard / SHARDS_PER_GROUP) !== group) {
    return `shard ${shard} is not of group ${group}`;
  }
  const [startMs, endMs] = [dayStartMs(day), dayStartMs(day) + DAY_MS];
  if (minTimeMs > maxTimeMs || minTimeMs < startMs || maxTimeMs >= endMs) {
    return `times ${minTimeMs} to ${maxTimeMs} are not of its day`;
  }
  if (clientRows > rows || users > rows)
    return `${clientRows} ids and ${users} users of ${rows} rows`;
  if (entry.firstPlace > entry.lastPlace) return "its last place is below its first";
  const sum = entry.generations.reduce((total, one) => total + one.rows, 0);
  if (sum !== rows) return `its generations have ${sum} rows, it has ${rows}`;
  const young = entry.generations.find(({ generation }) => generation > cuts.length);
  if (young !== undefined) return `generation ${young.generation} has not begun`;
  const foreign = entry.seqs.find(({ writer }) => writer >= nextOrdinal);
  if (foreign !== undefined) return `it names writer ${foreign.writer}, never registered`;
  return entry.tombstone < nextTombstone ? undefined : `tombstone ${entry.tombstone} is none yet`;
}

/** Rows above the watermark stand in the tail too, where every reader looks for them. */
function rowsAboveWatermark(
  { seqs }: DayFileEntry,
  view: GroupView,
  catalog: CatalogDocument,
): string | undefined {
  const above = seqs.find(({ writer, max }) => max > watermarkOf(view, writer, catalog).lastSeq);
  if (above === undefined) return undefined;
  const limit = watermarkOf(view, above.writer, catalog).lastSeq;
  return `It has rows of writer ${above.writer} up to seq ${above.max}, and the watermark is ${limit}`;
}

/** A claim protects its inputs: nobody else may take them from the list (protocol C2). */
function lostInputOf({ claims }: ManifestDocument, ids: ReadonlySet<string>): string | undefined {
  for (const claim of claims) {
    const lost = claim.inputs.find((id) => !ids.has(id));
    if (lost !== undefined) return `The ${claim.kind} ${claim.id} claims ${lost}, not listed`;
  }
  return undefined;
}
