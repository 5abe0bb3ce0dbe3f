import type { ScanBatch } from "@shale/scan";
import type { CohortMembers } from "../../cohort/cohort-members.ts";
import { compileFilter } from "../../filter/row-filter.ts";
import type { RowSelect } from "../../filter/row-select.ts";
import { compileSelect } from "../../filter/row-select.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import { createSignatures, isInMask } from "./row-signatures.ts";

/**
 * What rows mean to a funnel, by number: rows that match the same steps and the same exclusions are
 * of one kind. Kind 0 matches nothing.
 */
export interface RowKinds {
  /** Kinds of the rows of a batch, and which rows are seen at all (undefined: each). */
  of(batch: ScanBatch): { readonly kinds: Uint32Array; readonly seen: Uint8Array | undefined };
  /** Whether a row of the kind may stand for a step. */
  fits(kind: number, step: number): boolean;
  fitsAny(kind: number): boolean;
  /** Whether it throws out an attempt that was at level `from` before it and is at `to` after. */
  hits(kind: number, from: number, to: number): boolean;
}

/** Levels at which an exclusion throws out, both ends included. */
interface HitLevels {
  readonly first: number;
  readonly last: number;
}

export function createRowKinds(plan: FunnelPlan, cohorts: CohortMembers): RowKinds {
  const { parsed, stepCount } = plan;
  const where = parsed.where === undefined ? undefined : compileFilter(parsed.where, cohorts);
  const ignored = parsed.ignore.map((select) => compileSelect(select, cohorts));
  const selects = [...parsed.steps, ...parsed.exclude].map(({ select }) =>
    compileSelect(select, cohorts),
  );
  const signatures = createSignatures(selects.length);
  /** fits[kind * stepCount + step] */
  let fits = new Uint8Array(16 * stepCount);
  const hits: HitLevels[][] = [];

  function define(kind: number, words: readonly Uint32Array[], row: number): void {
    if ((kind + 1) * stepCount > fits.length) {
      const grown = new Uint8Array(2 * fits.length);
      grown.set(fits);
      fits = grown;
    }
    const has = (index: number): boolean => isInMask(words, row, index);
    for (let step = 0; step < stepCount; step++) fits[kind * stepCount + step] = has(step) ? 1 : 0;
    const exclusions = parsed.exclude.filter((_, index) => has(stepCount + index));
    for (const { after, before } of exclusions) {
      // Steps of the query count from 1: those behind `after`, up to `before`, are not matched.
      fits.fill(0, kind * stepCount + after, kind * stepCount + before);
    }
    hits[kind] = exclusions.map(({ after, before }) => ({
      first: plan.required.indexOf(after - 1) + 1,
      last: plan.required.indexOf(before - 1),
    }));
  }
  return {
    of(batch) {
      const seen = seenOf(batch, where?.maskOf(batch), ignored);
      const words = signatures.wordsOf(
        batch.rowCount,
        selects.map((select) => select.maskOf(batch, undefined)),
      );
      const kinds = new Uint32Array(batch.rowCount);
      for (let row = 0; row < batch.rowCount; row++) {
        const kind = signatures.kindOf(words, row);
        if (hits[kind] === undefined) define(kind, words, row);
        kinds[row] = kind;
      }
      return { kinds, seen };
    },
    fits: (kind, step) => fits[kind * stepCount + step] === 1,
    fitsAny(kind) {
      return fits.subarray(kind * stepCount, (kind + 1) * stepCount).includes(1);
    },
    hits(kind, from, to) {
      for (const { first, last } of hits[kind] ?? []) if (from >= first && to <= last) return true;
      return false;
    },
  };
}

function seenOf(
  batch: ScanBatch,
  where: Uint8Array | undefined,
  ignored: readonly RowSelect[],
): Uint8Array | undefined {
  if (ignored.length === 0) return where;
  const seen = where ?? new Uint8Array(batch.rowCount).fill(1);
  for (const select of ignored) {
    const mask = select.maskOf(batch, undefined);
    for (let row = 0; row < seen.length; row++) if (mask?.[row] !== 0) seen[row] = 0;
  }
  return seen;
}
