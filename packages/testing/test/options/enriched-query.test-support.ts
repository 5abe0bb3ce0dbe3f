import type {
  EventInput,
  EventSelect,
  FlowQuery,
  FunnelQuery,
  Measure,
  Query,
  QueryRange,
  RetentionQuery,
  TimeUnit,
  UsersQuery,
} from "@shale/model";

/** Decides what a query says beside what was drawn. */
export type Picks = readonly number[];

const HOUR_MS = 3_600_000;
const units: readonly TimeUnit[] = ["minute", "hour", "day", "week", "month"];

function wordOf<T>(words: readonly T[], pick = 0): T {
  return words[pick % words.length] as T; // The lists here are not empty.
}

/** Some of a unit about an event where those of a longer range are too many to look at. */
function rangeFor(
  unit: TimeUnit,
  events: readonly EventInput[],
  pick = 0,
): Partial<Pick<QueryRange, "from" | "to">> {
  if (unit !== "minute" && unit !== "hour") return {};
  const unitMs = unit === "minute" ? HOUR_MS / 60 : HOUR_MS;
  const { time } = events.length === 0 ? { time: "2025-10-26" } : wordOf(events, pick);
  const timeMs = new Date(time as string | number | Date).getTime();
  return { from: timeMs - 20 * unitMs, to: timeMs + 10.5 * unitMs };
}

/** What kinds have in common, said more often than it is drawn. */
function withRange<Q extends Query & QueryRange>(query: Q, [a = 0, b = 0, c = 0]: Picks): Q {
  const toMs = new Date(query.to).getTime();
  const asOf = { asOf: wordOf([toMs, toMs - 30 * HOUR_MS, toMs + 90 * HOUR_MS], a) };
  const session = { timeout: "2h", splitAtMidnight: wordOf([true, false], b >> 1) } as const;
  return {
    ...query,
    ...(query.asOf === undefined && a % 2 === 0 ? asOf : {}),
    ...(query.session === undefined && b % 4 !== 0 ? { session } : {}),
    ...(c % 3 === 0 ? {} : { weekStart: wordOf(["monday", "sunday"], c) }),
  };
}

function withUnit<Q extends QueryRange & { readonly unit: TimeUnit }>(
  query: Q,
  events: readonly EventInput[],
  [pick = 0, place]: Picks,
): Q {
  const unit = wordOf(units, pick);
  return { ...query, ...rangeFor(unit, events, place), unit };
}

/** Those that are drawn seldom, as often as it takes. */
function rareMeasure(pick: number): Measure {
  const numbers = wordOf(["price", "price", "mixed"], pick);
  const next = pick >> 5;
  const share = pick % 16;
  if (share < 4) return wordOf(["dau", "wau", "mau", "cumulativeUnique"], next) as Measure;
  if (share < 10) {
    const words = ["sum", "avg", "min", "max", "median", "distinct", "percentile"];
    const word = wordOf(words, next);
    const measure =
      word === "percentile" ? { percentile: next % 101, of: numbers } : { [word]: numbers };
    return measure as Measure;
  }
  const inner = wordOf(["count", "sum", "avg", "min", "max", "distinct"], next);
  const outer = wordOf(
    ["avg", "median", "sum", "min", "max", { percentile: next % 101 }],
    pick >> 9,
  );
  // biome-ignore lint/suspicious/noThenProperty: the word of the query language
  return { perUser: inner === "count" ? inner : { [inner]: numbers }, then: outer } as Measure;
}

const addsUp: readonly Measure[] = ["total", "unique", "sessions", { sum: "price" }];

type Segmentation = Query & { readonly kind: "segmentation" };

function withMeasures(query: Segmentation, [a = 0, b = 0, c = 0, d = 0]: Picks): Query {
  if (c % 4 === 0) {
    const series = query.series.map((one, index) => ({
      ...one,
      measure: wordOf(addsUp, a + index),
    }));
    return { ...query, series, cumulative: true };
  }
  const select = d % 3 === 0 ? wordOf(query.series).select : {};
  const rare = [a, b, d].map((pick) => ({ select, measure: rareMeasure(pick) }));
  const { cumulative: _cumulative, formula: _formula, where, ...others } = query;
  const formula = wordOf([undefined, "A / B", "(A - C) * 2"], b);
  return {
    ...others,
    // Filters leave little to measure.
    ...(where !== undefined && d % 2 === 0 ? { where } : {}),
    series: [...query.series.slice(0, 1), ...rare],
    ...(c % 4 === 1 ? { cumulative: false } : {}),
    ...(formula === undefined ? {} : { formula }),
  };
}

/** Words of a funnel that go together with some others only. */
function withFunnelWords(
  query: FunnelQuery,
  events: readonly EventInput[],
  picks: Picks,
): FunnelQuery {
  const [a = 0, b = 0, c = 0, d = 0] = picks;
  const unit = wordOf(units, a);
  const trend = { mode: wordOf(["perInterval", "byEntry"] as const, b), unit };
  const trended =
    c % 8 === 0 && query.trend?.unit !== undefined
      ? query
      : { ...query, ...rangeFor(unit, events, b), trend };
  const { order, entry } = trended;
  if (d % 4 === 0) {
    const { onExclude: _on, ties: _ties, by, ...others } = trended;
    return {
      ...others,
      ...(by === undefined ? {} : { by }),
      steps: trended.steps.map(({ optional: _optional, ...step }) => step),
      order: "strict",
      entry: "optimized",
      count: wordOf(["uniques", "sessions", "totals"] as const, c),
      ignore: [{ event: wordOf(["view", "buy", "sign up"], c) }],
    };
  }
  const steps = trended.steps.map((step) => ({ optional: false, ...step }));
  const onExclude = wordOf(["dropoff", "remove"] as const, b);
  const isFirst = entry !== "optimized" && order !== "strict" && order !== "any";
  const ties = { quantumMs: wordOf([1, 1_000, HOUR_MS], c), rule: "strict" } as const;
  return {
    ...trended,
    ...(order === "strict" || order === "any" ? {} : { steps }),
    ...(isFirst && c % 2 === 0 ? { entry: "first" as const, onExclude } : {}),
    ...(order !== "strict" && d % 4 === 1 ? { ties } : {}),
  };
}

function withMode(query: RetentionQuery, [, , a = 0, b = 0]: Picks): RetentionQuery {
  const cohorts = ["perInterval", "firstInRange", "firstEver", "firstMatching"] as const;
  const mode = wordOf(["on", "onOrAfter", "onOrBefore", "streak"] as const, a);
  return { ...query, mode, cohort: wordOf(cohorts, b) };
}

function withCount(query: FlowQuery, [a = 0, b = 0]: Picks): FlowQuery {
  const splits = { timeout: "3h", splitAtMidnight: false } as const;
  return {
    ...query,
    count: wordOf(["uniques", "totals", "sessions"] as const, a),
    ...(b % 5 === 0 ? { session: splits } : {}),
  };
}

/** A segment that events have: of values that are drawn one by one, few meet. */
function withSegment(query: UsersQuery): UsersQuery {
  const { of, cell } = query;
  if (cell?.segment === undefined || of === undefined || !("by" in of)) return query;
  const known = new Map<unknown, unknown>([
    ["plan", "a"],
    ["$event", "view"],
    ["$user_id", "u1"],
  ]);
  const segment = of.by?.map((key) => known.get(key) ?? null);
  return { ...query, cell: { ...cell, segment } };
}

/** A number of each kind of measure, and those that are made of several intervals. */
function withSeriesCell(query: UsersQuery, of: Segmentation, [a = 0, b = 0, c = 0]: Picks) {
  const counts = ["total", "unique", "sessions"] as const;
  const measure = b % 6 < 3 ? wordOf(counts, b) : rareMeasure(a);
  const { formula: _formula, cumulative: _cumulative, ...others } = of;
  const { select } = wordOf(of.series, c);
  const isSum = typeof measure === "string" ? addsUp.includes(measure) : "sum" in measure;
  const measured = { ...others, series: [{ select: c % 3 === 0 ? select : {}, measure }] };
  return {
    ...query,
    of: isSum && c % 2 === 0 ? { ...measured, cumulative: true } : measured,
    cell: { ...query.cell, series: 0 },
  };
}

/** A path that somebody took, names of a user's events one after the other; or other paths. */
function withPath(
  query: UsersQuery,
  of: FlowQuery,
  { events, picks: [a = 0, b = 0] }: { readonly events: readonly EventInput[]; picks: Picks },
): UsersQuery {
  const paths = { ...of, mode: "paths" } as const;
  if (b % 2 === 0) return { ...query, of: { ...paths, paths: 1 }, cell: { other: true } };
  const timeOf = ({ time }: EventInput): number => new Date(time as string).getTime();
  const { user_id: userId } = wordOf(events, a);
  const own = events.filter(({ user_id }) => user_id === userId);
  own.sort((one, other) => timeOf(one) - timeOf(other));
  const start = a % own.length;
  const labels = own.slice(start, start + 1 + (b % 3)).map(({ event }) => event);
  const { groupBy: _groupBy, ...ungrouped } = paths;
  const anchors = [{ event: labels[0] ?? "" }];
  const around = { anchors, before: 0, after: labels.length - 1 };
  return { ...query, of: { ...ungrouped, ...around }, cell: { labels } };
}

/** Small pages, and each outcome of a step. */
function withCell(
  query: UsersQuery,
  { events, picks }: { readonly events: readonly EventInput[]; readonly picks: Picks },
): UsersQuery {
  const [a = 0, b = 0] = picks;
  const paged = withSegment({ ...query, limit: wordOf([1, 1, 1, 1, 1, 7], b) });
  const { of } = query;
  if (of?.kind === "segmentation") return withSeriesCell(paged, of, picks);
  if (of?.kind === "flow" && events.length > 0 && (of.mode === "paths" || a % 3 === 0)) {
    return withPath(paged, of, { events, picks });
  }
  if (of?.kind !== "funnel") return paged;
  // Half of them are asked while windows are open.
  const { asOf = new Date(of.to).getTime() - (b % 60) * HOUR_MS } = of;
  const outcome = wordOf(["reached", "dropped", "pending"] as const, a);
  return { ...paged, ...(b % 2 === 0 ? {} : { asOf }), cell: { ...query.cell, outcome } };
}

/** The query with words that are drawn too seldom otherwise. */
export function enriched(query: Query, events: readonly EventInput[], picks: Picks): Query {
  const own = picks.slice(3);
  switch (query.kind) {
    case "segmentation":
      return withMeasures(withRange(query, picks), own);
    case "funnel":
      return withFunnelWords(withRange(query, picks), events, own);
    case "retention":
      return withMode(withUnit(withRange(query, picks), events, own), own);
    case "lifecycle":
      return withUnit(withRange(query, picks), events, own);
    case "stickiness":
      return withUnit(withRange(query, picks), events, own);
    case "flow":
      return withCount(withRange(query, picks), own);
    case "users":
      return withCell(query, { events, picks });
    case "timeline":
      return { ...query, limit: wordOf([1, 1, 1, 1, 1, 7], picks[0]) };
  }
}

/** Where a query holds selects. */
const selects = ["select", "birth", "return", "steps", "anchors"];

/** The query without its filters, over all days where they are not too many for its unit. */
export function plainer<Q extends Query>(
  query: Q,
  whole: Pick<QueryRange, "from" | "to">,
  pick: number,
): Q {
  if (pick % 4 === 0) return query;
  const unfiltered = ({ where: _where, ...select }: EventSelect): EventSelect => select;
  const plain: Record<string, unknown> = { ...query };
  delete plain["where"];
  for (const name of selects) {
    const value = plain[name];
    if (Array.isArray(value)) plain[name] = value.map(unfiltered);
    else if (value !== undefined) plain[name] = unfiltered(value as EventSelect);
  }
  const unit = plain["unit"];
  if (unit !== "minute" && unit !== "hour" && plain["from"] !== undefined)
    Object.assign(plain, whole);
  // Filters and days have changed, which the compiler cannot see.
  return plain as unknown as Q;
}
