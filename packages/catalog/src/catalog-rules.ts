import type { CatalogDocument, CatalogVector } from "@shale/format";
import { NONCES_KEPT } from "@shale/format";
import { specNameOf } from "@shale/model";
import { areRangesNormal, holdsOrdinal } from "./ordinal-ranges.ts";

/** A rule about one version: undefined when it holds, otherwise what is wrong. */
export type CatalogRule = (catalog: CatalogDocument) => string | undefined;

/**
 * What is true of every catalog by itself. Checked before each commit and after each reading.
 * The numbers stand in docs/invariants.md.
 */
export const catalogRules: Readonly<Record<string, CatalogRule>> = {
  CAT1_nonceRingIsWhole: ({ nonces, version }) => {
    if (repeatedOf(nonces) !== undefined) return "a nonce stands twice in the ring";
    const wanted = Math.min(version, NONCES_KEPT);
    return nonces.length === wanted ? undefined : `${nonces.length} nonces, not ${wanted}`;
  },
  CAT2_ordinalsAreOnce: ({ writers, loads, retired, nextOrdinal }) => {
    if (!areRangesNormal(retired)) return "the retired ranges are not disjoint and ascending";
    const ordinals = [...writers, ...loads].map(({ ordinal }) => ordinal);
    const twice = repeatedOf(ordinals);
    if (twice !== undefined) return `ordinal ${twice} was handed out twice`;
    const ended = writers.find(({ ordinal }) => holdsOrdinal(retired, ordinal));
    if (ended !== undefined) return `writer ${ended.ordinal} is listed and retired`;
    const used = [...ordinals, ...retired.map(({ to }) => to)];
    const unborn = used.find((ordinal) => ordinal >= nextOrdinal);
    return unborn === undefined ? undefined : `ordinal ${unborn} is not below ${nextOrdinal}`;
  },
  CAT3_lettersAreInOrder: ({ specs }) => {
    if (specs.length === 0) return "there is no spec";
    const wrong = specs.findIndex(({ spec }, i) => spec !== specNameOf(i));
    return wrong < 0 ? undefined : `spec ${wrong + 1} is ${specs[wrong]?.spec}`;
  },
  CAT4_liveSpecIsFed: ({ specs, live, fed }) => {
    if (repeatedOf(fed) !== undefined) return "a spec is fed twice";
    const unfit = fed.find((name) => !isOpen(specs, name));
    if (unfit !== undefined) return `${unfit} is fed, and not listed or closed`;
    return fed.includes(live) ? undefined : `${live} is live and not fed`;
  },
  CAT5_behindSpecIsNotLive: ({ specs, behind, live }) => {
    const names = behind.map(({ spec }) => spec);
    if (repeatedOf(names) !== undefined) return "a spec is behind twice";
    if (names.includes(live)) return `${live} is live and behind`;
    const unfit = names.find((name) => !isOpen(specs, name));
    return unfit === undefined ? undefined : `${unfit} is behind, and not listed or closed`;
  },
  CAT6_cutsAreWhole: ({ cuts, specs, nextOrdinal }) => {
    for (const [i, cut] of cuts.entries()) {
      if (cut.generation !== i + 1) return `cut ${i + 1} begins generation ${cut.generation}`;
      if (!specs.some(({ spec }) => spec === cut.spec)) return `cut ${i + 1} feeds no listed spec`;
      const problem = vectorProblemOf(cut, nextOrdinal);
      if (problem !== undefined) return `cut ${i + 1}: ${problem}`;
    }
    return undefined;
  },
  CAT7_operationIsListed: ({ specs, operation, cutPending }) => {
    if (cutPending !== null && cutPending.operation !== operation?.id) {
      return `a cut is pending of ${cutPending.operation}, which is not under way`;
    }
    if (operation === null) return undefined;
    if (operation.source === operation.spec) return `${operation.id} has one spec on both sides`;
    const unlisted = [operation.source, operation.spec].find((name) => !isListed(specs, name));
    return unlisted === undefined ? undefined : `${operation.id} names ${unlisted}, not listed`;
  },
  CAT8_tombstonesRise: ({ tombstones, nextTombstone }) => {
    const wrong = tombstones.find(({ number }, i) => {
      const next = tombstones[i + 1]?.number ?? nextTombstone;
      return number >= next;
    });
    return wrong === undefined ? undefined : `tombstone ${wrong.number} is not below the next`;
  },
  CAT9_loadsAreOnce: ({ loads }) => {
    const twice = repeatedOf(loads.map(({ id }) => id));
    return twice === undefined ? undefined : `load ${twice} was adopted twice`;
  },
  CAT10_registrationsAreOnce: ({ writers }) => {
    const twice = repeatedOf(writers.map(({ nonce }) => nonce));
    return twice === undefined ? undefined : `two writers have the registration ${twice}`;
  },
};

/** The first value that stands before already. */
function repeatedOf<T>(values: readonly T[]): T | undefined {
  const seen = new Set<T>();
  return values.find((value) => {
    const isRepeated = seen.has(value);
    seen.add(value);
    return isRepeated;
  });
}

function isListed(specs: CatalogDocument["specs"], name: string): boolean {
  return specs.some(({ spec }) => spec === name);
}

function isOpen(specs: CatalogDocument["specs"], name: string): boolean {
  return specs.some(({ spec, closedMs }) => spec === name && closedMs === null);
}

function vectorProblemOf(
  { positions, infinite }: CatalogVector,
  nextOrdinal: number,
): string | undefined {
  if (!areRangesNormal(infinite)) return "its ranges are not disjoint and ascending";
  for (const [ordinal, { n, lastSeq }] of Object.entries(positions)) {
    if (Number(ordinal) >= nextOrdinal) return `it names writer ${ordinal}, never registered`;
    if (holdsOrdinal(infinite, Number(ordinal))) return `it names writer ${ordinal} twice`;
    if (n === 0 && lastSeq !== 0) return `writer ${ordinal} has seq ${lastSeq} and no object`;
  }
  return undefined;
}

/** The first rule that the catalog breaks, with its name; undefined when all hold. */
export function brokenRuleOf(catalog: CatalogDocument): string | undefined {
  for (const [name, rule] of Object.entries(catalogRules)) {
    const problem = rule(catalog);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
}
