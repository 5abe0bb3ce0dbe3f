import { unreachable } from "@shale/model";
import type { ScanBatch, ScanProperty, TextCodes, TextProperty } from "@shale/scan";
import type { CohortMembers } from "../cohort/cohort-members.ts";
import { hasUser, type UserSet } from "../cohort/user-set.ts";
import type { ParsedFilter, ParsedPropertyFilter } from "../parse/parsed-query.ts";
import type { ValueTest } from "./value-test.ts";
import { listSatisfies, valueTestOf } from "./value-test.ts";

/** Marks the rows that satisfy a filter: 1, else 0. */
export interface RowFilter {
  maskOf(batch: ScanBatch): Uint8Array;
}

/**
 * A filter over columns. Each distinct text is tested once for a query, and a row costs a look-up
 * of its code. One filter serves one scan: it remembers verdicts by code.
 *
 * `cohorts`: those of the run, `run.cohorts`.
 */
export function compileFilter(filter: ParsedFilter, cohorts: CohortMembers): RowFilter {
  switch (filter.kind) {
    case "property":
      return compileProperty(filter);
    case "cohort":
      return createUserFilter(cohorts.of(filter.cohort));
    case "not": {
      const inner = compileFilter(filter.filter, cohorts);
      return {
        maskOf: (batch) => {
          const mask = inner.maskOf(batch);
          for (let row = 0; row < mask.length; row++) mask[row] = 1 - (mask[row] ?? 0);
          return mask;
        },
      };
    }
    case "all":
    case "any": {
      const isAll = filter.kind === "all";
      const inner = filter.filters.map((one) => compileFilter(one, cohorts));
      return {
        maskOf: (batch) => {
          const [first, ...others] = inner;
          if (first === undefined) return new Uint8Array(batch.rowCount).fill(isAll ? 1 : 0);
          const mask = first.maskOf(batch);
          for (const other of others) {
            if (isAll) intersect(mask, other.maskOf(batch));
            else unite(mask, other.maskOf(batch));
          }
          return mask;
        },
      };
    }
    default:
      return unreachable(filter);
  }
}

/** Leaves in `mask` only rows that are in `other` too. */
export function intersect(mask: Uint8Array, other: Uint8Array): void {
  for (let row = 0; row < mask.length; row++) if (other[row] === 0) mask[row] = 0;
}

function unite(mask: Uint8Array, other: Uint8Array): void {
  for (let row = 0; row < mask.length; row++) if (other[row] !== 0) mask[row] = 1;
}

/** The rows of users. */
function createUserFilter(users: UserSet): RowFilter {
  return {
    maskOf(batch) {
      const { rowCount, userCodes } = batch;
      const bits = users.bitsOf(batch);
      const mask = new Uint8Array(rowCount);
      for (let row = 0; row < rowCount; row++)
        if (hasUser(bits, userCodes[row] ?? 0)) mask[row] = 1;
      return mask;
    },
  };
}

function compileProperty(filter: ParsedPropertyFilter): RowFilter {
  const test = valueTestOf(filter);
  const strings = createVerdicts(test);
  const lists = createVerdicts((text) => listSatisfies(filter, test, text));
  switch (filter.property) {
    case "$event":
      return { maskOf: ({ events, eventCodes }) => strings.maskOf(events, eventCodes) };
    case "$user_id":
      return { maskOf: ({ users, userCodes }) => strings.maskOf(users, userCodes) };
    default: {
      const ofAbsent = test(null) ? 1 : 0;
      return {
        maskOf: (batch) => {
          const mask = new Uint8Array(batch.rowCount).fill(ofAbsent);
          const property = batch.properties.get(filter.property);
          if (property === undefined) return mask;
          strings.mark(property.string, mask);
          lists.mark(property.list, mask);
          markScalars(property, test, mask);
          return mask;
        },
      };
    }
  }
}

const UNKNOWN = 0; // Else 1 + verdict.

/** What a test says of texts by their codes, asked at most once for each. */
function createVerdicts(test: (text: string) => boolean) {
  // By table: users have one for each shard.
  const tables = new WeakMap<TextCodes, Uint8Array>();
  function verdictsOf(texts: TextCodes): Uint8Array {
    let verdicts = tables.get(texts);
    if (verdicts === undefined || verdicts.length < texts.count) {
      const grown = new Uint8Array(Math.max(texts.count, (verdicts?.length ?? 0) * 2));
      if (verdicts !== undefined) grown.set(verdicts);
      verdicts = grown;
      tables.set(texts, verdicts);
    }
    return verdicts;
  }
  function ask(texts: TextCodes, verdicts: Uint8Array, code: number): number {
    const verdict = test(texts.textAt(code)) ? 2 : 1;
    verdicts[code] = verdict;
    return verdict;
  }
  return {
    /** For columns without absent values: codes are those of the table. */
    maskOf(texts: TextCodes, codes: Uint32Array): Uint8Array {
      const verdicts = verdictsOf(texts);
      const mask = new Uint8Array(codes.length);
      for (let row = 0; row < codes.length; row++) {
        const code = codes[row] ?? 0;
        let verdict = verdicts[code] ?? UNKNOWN;
        if (verdict === UNKNOWN) verdict = ask(texts, verdicts, code);
        mask[row] = verdict - 1;
      }
      return mask;
    },
    /** Overwrites the mask where the column has a value. */
    mark(column: TextProperty | undefined, mask: Uint8Array): void {
      if (column === undefined) return;
      const { codes, texts } = column;
      const verdicts = verdictsOf(texts);
      for (let row = 0; row < codes.length; row++) {
        const code = codes[row] ?? 0;
        if (code === 0) continue;
        let verdict = verdicts[code - 1] ?? UNKNOWN;
        if (verdict === UNKNOWN) verdict = ask(texts, verdicts, code - 1);
        mask[row] = verdict - 1;
      }
    },
  };
}

function markScalars({ number, boolean }: ScanProperty, test: ValueTest, mask: Uint8Array): void {
  if (number !== undefined) {
    for (let row = 0; row < number.length; row++) {
      const value = number[row] ?? Number.NaN;
      if (!Number.isNaN(value)) mask[row] = test(value) ? 1 : 0;
    }
  }
  if (boolean !== undefined) {
    const verdicts = [0, test(false) ? 1 : 0, test(true) ? 1 : 0];
    for (let row = 0; row < boolean.length; row++) {
      const value = boolean[row] ?? 0;
      if (value !== 0) mask[row] = verdicts[value] ?? 0;
    }
  }
}
