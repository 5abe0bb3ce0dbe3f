import type { ManifestClaim, ManifestDocument } from "@shale/format";
import { NONCES_KEPT } from "@shale/format";
import { SHARDS_PER_GROUP, unreachable } from "@shale/model";
import { vectorProblemOf } from "./vectors.ts";

/** A rule about one version: undefined when it holds, otherwise what is wrong. */
export type ManifestRule = (manifest: ManifestDocument) => string | undefined;

/**
 * What is true of every manifest by itself. Checked before each commit and after each reading.
 * The numbers stand in docs/invariants.md.
 */
export const manifestRules: Readonly<Record<string, ManifestRule>> = {
  MAN1_nonceRingIsWhole: ({ nonces, version }) => {
    if (repeatedOf(nonces) !== undefined) return "a nonce stands twice in the ring";
    const wanted = Math.min(version, NONCES_KEPT);
    return nonces.length === wanted ? undefined : `${nonces.length} nonces, not ${wanted}`;
  },
  MAN2_closedHasNoClaim: ({ closedMs, claims }) =>
    closedMs === null || claims.length === 0 ? undefined : "it is closed and has claims",
  MAN3_vectorsAreWhole: ({ watermarks, base, copied }) => {
    const vectors = [watermarks, ...(base === null ? [] : [base]), ...copied.map((c) => c.vector)];
    return vectors.map(vectorProblemOf).find((problem) => problem !== undefined);
  },
  MAN4_filesAreOnce: ({ added, removed, group }) => {
    // One that stands in both was marked by a purge: its entry in a page is out of date.
    const twice = repeatedOf(added.map(({ id }) => id)) ?? repeatedOf(removed);
    if (twice !== undefined) return `file ${twice} stands twice in added or removed`;
    const foreign = added.find(({ shard }) => Math.floor(shard / SHARDS_PER_GROUP) !== group);
    return foreign === undefined ? undefined : `file ${foreign.id} is of shard ${foreign.shard}`;
  },
  MAN5_claimsAreApart: ({ claims, committed, added, removed }) => {
    const twice = repeatedOf([...claims.map(({ id }) => id), ...committed]);
    if (twice !== undefined) return `claim ${twice} stands twice`;
    const inputs = claims.flatMap((claim) => claim.inputs);
    const shared = repeatedOf(inputs);
    if (shared !== undefined) return `file ${shared} is claimed twice`;
    const [gone, there] = [new Set(removed), new Set(added.map(({ id }) => id))];
    const lost = inputs.find((id) => gone.has(id) && !there.has(id));
    if (lost !== undefined) return `file ${lost} is claimed and removed`;
    const single = repeatedOf(claims.map(({ kind }) => kind).filter(isAlone));
    if (single !== undefined) return `there are two ${single} claims`;
    const wrong = claims.find((claim) => takesInputs(claim.kind) !== claim.inputs.length > 0);
    return wrong === undefined ? undefined : `a ${wrong.kind} claims ${wrong.inputs.length} files`;
  },
  MAN6_pagesAreInOrder: ({ pages, removed }) => {
    const twice = repeatedOf(pages.map(({ id }) => id));
    if (twice !== undefined) return `page ${twice} stands twice`;
    const wrong = pages.find(({ firstDay, lastDay }, i) => {
      const next = pages[i + 1];
      const isBelow =
        next === undefined ||
        firstDay < next.firstDay ||
        (firstDay === next.firstDay && lastDay <= next.lastDay);
      return firstDay > lastDay || !isBelow;
    });
    if (wrong !== undefined) return `page ${wrong.id} is out of order`;
    const entryCount = pages.reduce((sum, page) => sum + page.entryCount, 0);
    return removed.length <= entryCount ? undefined : "more files are removed than pages hold";
  },
  MAN7_copiesAreOnce: ({ copied }) => {
    const twice = repeatedOf(copied.map(({ shard, day }) => `${shard}/${day}`));
    return twice === undefined ? undefined : `${twice} was copied twice`;
  },
};

/** Kinds of which one claim stands at a time: they would take the same rows or pages. */
export function isAlone(kind: ManifestClaim["kind"]): boolean {
  return kind === "drain" || kind === "fold";
}

/** Whether jobs of this kind drop files, which their claims name. */
export function takesInputs(kind: ManifestClaim["kind"]): boolean {
  switch (kind) {
    case "merge":
    case "purge":
    case "expire":
      return true;
    case "drain":
    case "copy":
    case "fold":
      return false;
    default:
      return unreachable(kind);
  }
}

/** The first value that stands before already. */
function repeatedOf<T>(values: readonly T[]): T | undefined {
  const seen = new Set<T>();
  return values.find((value) => {
    const isRepeated = seen.has(value);
    seen.add(value);
    return isRepeated;
  });
}

/** The first rule that the manifest breaks, with its name; undefined when all hold. */
export function brokenManifestRuleOf(manifest: ManifestDocument): string | undefined {
  for (const [name, rule] of Object.entries(manifestRules)) {
    const problem = rule(manifest);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
}
