import { unreachable } from "@shale/model";
import type { ScanBatch, TextCodes } from "@shale/scan";
import type { CohortMembers } from "../cohort/cohort-members.ts";
import type { ParsedFilter, ParsedSelect } from "../parse/parsed-query.ts";
import type { RowFilter } from "./row-filter.ts";
import { compileFilter, intersect } from "./row-filter.ts";

/**
 * Which rows a select takes. `where`, if given, is a mask of the rows that are in at all; the
 * result is undefined when every row of the batch is taken.
 */
export interface RowSelect {
  maskOf(batch: ScanBatch, where: Uint8Array | undefined): Uint8Array | undefined;
}

/** One select serves one scan: it remembers verdicts by code. `cohorts`: those of the run. */
export function compileSelect(select: ParsedSelect, cohorts: CohortMembers): RowSelect {
  const inner = select.where === undefined ? undefined : compileFilter(select.where, cohorts);
  const names = select.events === undefined ? undefined : createNameFilter(select.events);
  return {
    maskOf(batch, where) {
      const mask = names?.maskOf(batch) ?? inner?.maskOf(batch);
      if (mask === undefined) return where;
      if (names !== undefined && inner !== undefined) intersect(mask, inner.maskOf(batch));
      if (where !== undefined) intersect(mask, where);
      return mask;
    },
  };
}

function createNameFilter(events: readonly string[]): RowFilter {
  let known: TextCodes | undefined;
  let wanted = new Uint8Array(0);
  function wantedOf(texts: TextCodes): Uint8Array {
    if (known === texts && wanted.length === texts.count) return wanted;
    known = texts;
    wanted = new Uint8Array(texts.count);
    for (const name of events) {
      const code = texts.codeOf(name);
      if (code >= 0) wanted[code] = 1;
    }
    return wanted;
  }
  return {
    maskOf({ events: texts, eventCodes }) {
      const verdicts = wantedOf(texts);
      const mask = new Uint8Array(eventCodes.length);
      for (let row = 0; row < eventCodes.length; row++) {
        mask[row] = verdicts[eventCodes[row] ?? 0] ?? 0;
      }
      return mask;
    },
  };
}

/** Names of the properties that a filter looks at, `$event` and `$user_id` left out. */
export function propertiesOf(filter: ParsedFilter | undefined): string[] {
  if (filter === undefined) return [];
  switch (filter.kind) {
    case "property":
      return isColumn(filter.property) ? [filter.property] : [];
    case "not":
      return propertiesOf(filter.filter);
    case "all":
    case "any":
      return filter.filters.flatMap(propertiesOf);
    case "cohort":
      return []; // Its users are known before.
    default:
      return unreachable(filter);
  }
}

/** False for the names that mean the event and the user themselves. */
export function isColumn(property: string): boolean {
  return property !== "$event" && property !== "$user_id";
}
