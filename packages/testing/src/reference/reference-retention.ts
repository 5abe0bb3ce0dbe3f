import type {
  By,
  RetentionAnswer,
  RetentionCohort,
  RetentionQuery,
  SegmentValue,
  TimeUnit,
} from "@shale/model";
import { ShaleError, unreachable } from "@shale/model";
import type { ReferenceInterval, ReferenceRange } from "./reference-calendar.ts";
import { instantMsOf, intervalsOf, rangeOf, spanMsOf } from "./reference-calendar.ts";
import type { ReferenceEvent } from "./reference-event.ts";
import { isSelected, satisfies } from "./reference-filter.ts";
import { checkSelect, combinationsOf, compareKeys } from "./reference-segmentation.ts";
import { compareEvents } from "./reference-timeline.ts";

/** A bucket or bracket: the numbers of its first and last unit. */
type Bracket = readonly [number, number];

/** One user in one cohort. */
interface Entry {
  readonly cohort: number;
  readonly birth: ReferenceEvent;
  /** For each bracket of the query, whether the user returned. */
  readonly returned: readonly boolean[];
}

interface Asked {
  readonly query: RetentionQuery;
  readonly range: ReferenceRange;
  readonly asOfMs: number;
  readonly cohorts: readonly ReferenceInterval[];
  readonly brackets: readonly Bracket[];
  /** Every interval from the start of the range to the last event: the clock "calendar". */
  readonly calendar: readonly ReferenceInterval[];
  /** By cohort and bracket: whether nobody can return in it any more. */
  readonly complete: readonly (readonly boolean[])[];
}

/** One unit of the rolling clock. */
const UNIT_SPAN: Readonly<Record<TimeUnit, string>> = {
  minute: "1m",
  hour: "1h",
  day: "1d",
  week: "1w",
  month: "1mo",
};
/** No calendar interval is as long. */
const LONGER: Readonly<Record<TimeUnit, string>> = {
  minute: "2m",
  hour: "2h",
  day: "2d",
  week: "2w",
  month: "2mo",
};

function bracketsOf({ buckets = 8, brackets }: RetentionQuery): readonly Bracket[] {
  return brackets ?? Array.from({ length: buckets }, (_, bucket) => [bucket, bucket]);
}

function isCounted(event: ReferenceEvent, { where }: RetentionQuery): boolean {
  return where === undefined || satisfies(event, where);
}
function isBirth(event: ReferenceEvent, query: RetentionQuery): boolean {
  return isSelected(event, query.birth) && isCounted(event, query);
}
function isReturn(event: ReferenceEvent, query: RetentionQuery): boolean {
  return isSelected(event, query.return) && isCounted(event, query);
}

/** The events that bring a user into a cohort, out of all events of the user in order. */
function birthsOf(events: readonly ReferenceEvent[], asked: Asked): ReferenceEvent[] {
  const { query, range, cohorts } = asked;
  const isInRange = ({ timeMs }: ReferenceEvent): boolean =>
    range.fromMs <= timeMs && timeMs < range.toMs;
  const matching = events.filter((event) => isBirth(event, query));
  const inRange = matching.filter(isInRange);
  switch (query.cohort ?? "perInterval") {
    case "perInterval":
      return cohorts.flatMap(({ startMs, endMs }) => {
        const first = inRange.find(({ timeMs }) => startMs <= timeMs && timeMs < endMs);
        return first === undefined ? [] : [first];
      });
    case "firstInRange":
      return inRange.slice(0, 1);
    case "firstMatching":
      return matching.slice(0, 1).filter(isInRange);
    case "firstEver": {
      const named = events.filter((event) => isSelected(event, { event: query.birth.event }));
      const firsts = named.slice(0, 1);
      return firsts.filter((event) => isInRange(event) && isBirth(event, query));
    }
    default:
      throw new ShaleError("QUERY_INVALID", "Cannot know this cohort rule", { path: "cohort" });
  }
}

function placeOf({ timeMs }: ReferenceEvent, intervals: readonly ReferenceInterval[]): number {
  return intervals.findIndex(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs);
}

/** Units between a birth and a return. */
function unitsBetween(birth: ReferenceEvent, later: ReferenceEvent, asked: Asked): number {
  const { query, calendar } = asked;
  if (query.clock === "calendar") return placeOf(later, calendar) - placeOf(birth, calendar);
  return Math.floor((later.timeMs - birth.timeMs) / spanMsOf(UNIT_SPAN[query.unit]));
}

/** The buckets with enough returns: each is one of the brackets, or a unit outside of all. */
function bucketsHit(units: readonly number[], asked: Asked): Bracket[] {
  const counts = new Map<string, number>();
  for (const unit of units) {
    const bracket = asked.brackets.find(([first, last]) => first <= unit && unit <= last);
    const key = JSON.stringify(bracket ?? [unit, unit]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const wanted = asked.query.minOccurrences ?? 1;
  return [...counts]
    .filter(([, count]) => count >= wanted)
    .map(([key]): Bracket => JSON.parse(key));
}

function returnedOf(
  birth: ReferenceEvent,
  events: readonly ReferenceEvent[],
  asked: Asked,
): boolean[] {
  const { query, brackets, asOfMs } = asked;
  const mode = query.mode ?? "on";
  const later = events
    .slice(events.indexOf(birth) + 1)
    .filter((event) => isReturn(event, query))
    .filter(({ timeMs }) => mode !== "onOrAfter" || timeMs < asOfMs);
  const units = later.map((event) => unitsBetween(birth, event, asked));
  if (mode === "streak" && isReturn(birth, query)) units.push(0);
  const hits = bucketsHit(units, asked);
  const isHit = ([first]: Bracket): boolean => hits.some((hit) => hit[0] === first);
  return brackets.map((bracket, index) => {
    switch (mode) {
      case "on":
        return isHit(bracket);
      case "onOrAfter":
        return hits.some(([first]) => first >= bracket[0]);
      case "onOrBefore":
        return hits.some(([, last]) => last <= bracket[1]);
      case "streak":
        return brackets.slice(0, index + 1).every(isHit);
      default:
        return unreachable(mode);
    }
  });
}

function isComplete(
  cohort: ReferenceInterval,
  [, last]: Bracket,
  { query, range, asOfMs }: Pick<Asked, "query" | "range" | "asOfMs">,
): boolean {
  if (query.clock !== "calendar") {
    return asOfMs >= cohort.endMs + (last + 1) * spanMsOf(UNIT_SPAN[query.unit]);
  }
  const toMs = cohort.startMs + (last + 2) * spanMsOf(LONGER[query.unit]);
  const following = intervalsOf(query, { ...range, fromMs: cohort.startMs, toMs });
  return asOfMs >= (following[last]?.endMs ?? Infinity);
}

type CohortTable = Pick<RetentionAnswer, "cohorts" | "average">;

function tableOf(entries: readonly Entry[], asked: Asked): CohortTable {
  const { brackets } = asked;
  const cohorts = asked.cohorts.map(({ label }, cohort): RetentionCohort => {
    const members = entries.filter((entry) => entry.cohort === cohort);
    const size = members.length;
    const buckets = brackets.map((_, index) => {
      const count = members.filter(({ returned }) => returned[index] === true).length;
      const rate = size === 0 ? null : count / size;
      return { count, rate, complete: asked.complete[cohort]?.[index] === true };
    });
    return { interval: label, size, buckets };
  });
  const average = brackets.map((_, index) => ({ rate: averageOf(cohorts, index, asked.query) }));
  return { cohorts, average };
}

function averageOf(
  cohorts: readonly RetentionCohort[],
  bracket: number,
  { average = "pooled" }: RetentionQuery,
): number | null {
  const complete = cohorts.flatMap(({ size, buckets }) => {
    const cell = buckets[bracket];
    return cell?.complete === true && cell.rate !== null
      ? [{ size, count: cell.count, rate: cell.rate }]
      : [];
  });
  if (complete.length === 0) return null;
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
  return average === "pooled"
    ? total(complete.map(({ count }) => count)) / total(complete.map(({ size }) => size))
    : total(complete.map(({ rate }) => rate)) / complete.length;
}

/** The greatest segments by the users of their cohorts, and one more for all others. */
function segmentsOf(
  entries: readonly Entry[],
  by: readonly By[],
  asked: Asked,
): NonNullable<RetentionAnswer["segments"]> {
  const segments = new Map<string, { by: SegmentValue[]; entries: Entry[] }>();
  for (const entry of entries) {
    for (const combination of combinationsOf(entry.birth, by)) {
      const key = JSON.stringify(combination);
      const segment = segments.get(key) ?? { by: combination, entries: [] };
      segment.entries.push(entry);
      segments.set(key, segment);
    }
  }
  const all = [...segments.values()].sort(
    (a, b) => b.entries.length - a.entries.length || compareKeys(a.by, b.by),
  );
  const limit = asked.query.limit ?? 10;
  const answer: NonNullable<RetentionAnswer["segments"]> = all
    .slice(0, limit)
    .map((segment) => ({ by: segment.by, ...tableOf(segment.entries, asked) }));
  const rest = new Set(all.slice(limit).flatMap((segment) => segment.entries));
  if (rest.size > 0) answer.push({ by: [], other: true, ...tableOf([...rest], asked) });
  return answer;
}

/** The answer to a retention over `events`, without its meta. */
export function retentionOf(
  events: readonly ReferenceEvent[],
  query: RetentionQuery,
  nowMs: number,
): Omit<RetentionAnswer, "meta"> {
  checkSelect(query.birth, "birth");
  checkSelect(query.return, "return");
  const range = rangeOf(query);
  const asOfMs = query.asOf === undefined ? nowMs : instantMsOf(query.asOf, range.timezone);
  const cohorts = intervalsOf(query, range);
  const brackets = bracketsOf(query);
  const lastMs = events.reduce((latest, { timeMs }) => Math.max(latest, timeMs), range.toMs);
  const asked: Asked = {
    query,
    range,
    asOfMs,
    cohorts,
    brackets,
    calendar: intervalsOf(query, { ...range, toMs: lastMs + 1 }),
    complete: cohorts.map((cohort) =>
      brackets.map((bracket) => isComplete(cohort, bracket, { query, range, asOfMs })),
    ),
  };
  const users = new Set(events.map(({ user_id }) => user_id));
  users.delete(""); // Nobody returns.
  const entries = [...users].flatMap((user) => {
    const mine = events.filter(({ user_id }) => user_id === user).sort(compareEvents);
    return birthsOf(mine, asked).map((birth): Entry => {
      return { cohort: placeOf(birth, cohorts), birth, returned: returnedOf(birth, mine, asked) };
    });
  });
  const { mode = "on", clock = "rolling", by } = query;
  return {
    kind: "retention",
    mode,
    clock,
    brackets: brackets.map(([first, last]) => [first, last]),
    ...tableOf(entries, asked),
    ...(by === undefined || by.length === 0 ? {} : { segments: segmentsOf(entries, by, asked) }),
  };
}
