import type { EventInput, Measure, Query, UsersQuery } from "@shale/model";
import { DAY_MS } from "@shale/model";

/** Where a query holds something whose options have names of their own. */
const shared: Readonly<Record<string, string>> = {
  from: "instant",
  to: "instant",
  asOf: "instant",
  where: "where",
  attemptWhere: "where",
  by: "by",
  select: "select",
  birth: "select",
  return: "select",
  steps: "select",
  exclude: "select",
  ignore: "select",
  anchors: "select",
  hide: "select",
  include: "select",
  did: "select",
  firstTime: "select",
  active: "select",
};
/** Parts of filters and cohorts that are of the same type again. */
const again = ["all", "any", "not"];

/**
 * The names of all that a query says, by the rules of `contractOptions`, and of more: the value of
 * every scalar. Who counts them takes those that are in a table.
 */
export function optionsOf(query: Query): Set<string> {
  const names = new Set<string>();

  function add(prefix: string, value: unknown): void {
    names.add(prefix);
    if (Array.isArray(value)) for (const one of value) add(prefix, one);
    else if (typeof value !== "object" || value === null) names.add(`${prefix}=${String(value)}`);
    else if (!(value instanceof Date)) addFields(prefix, value);
  }
  function addShared(type: string, value: unknown): void {
    if (type === "instant" || typeof value !== "object" || value === null) {
      names.add(`${type}=${value instanceof Date ? "date" : typeof value}`);
    } else addFields(type, value);
  }
  function addFields(prefix: string, value: object): void {
    for (const [field, inner] of Object.entries(value)) {
      if (field === "kind") continue;
      const name = `${prefix}.${field}`;
      // A cohort within a retention is a word, and elsewhere a group of users.
      const isCohort = field === "cohort" && typeof inner === "object";
      const isAgain = again.includes(field) && ["where", "cohort"].includes(prefix);
      const type = isCohort ? "cohort" : isAgain ? prefix : shared[field];
      if (type !== undefined && prefix !== "users.cell") {
        names.add(name);
        const values = Array.isArray(inner) ? inner : [inner];
        for (const one of values) addShared(type, one);
        // What a step has beside what every select has.
        if (type === "select") for (const one of values) add(name, withoutSelect(one));
      } else if (name === "users.of" || name === "cohort.funnel") {
        const inside = inner as Query;
        names.add(name);
        names.add(`${name}.kind=${inside.kind}`);
        for (const inOther of optionsOf(inside)) names.add(inOther);
      } else add(name, inner);
    }
  }
  addFields(query.kind, query);
  if ("timezone" in query) names.add(`zone ${query.timezone}`);
  if (query.kind === "users") for (const name of numbersOf(query)) names.add(name);
  if (query.kind !== "users" && names.has("where.cohort")) names.add(`${query.kind} with a cohort`);
  return names;
}

/** Of which numbers users are asked for, beyond their kind. */
function numbersOf({ of, cell = {} }: UsersQuery): string[] {
  if (of?.kind === "flow" && of.mode === "paths") {
    return [cell.other === true ? "users of other paths" : "users of a path"];
  }
  if (of?.kind !== "segmentation") return [];
  const { measure = "total" } = of.series[cell.series ?? 0] ?? {};
  const isInInterval = cell.interval !== undefined;
  return [
    `users of ${groupOf(measure)}`,
    ...(isInInterval && of.cumulative === true ? ["users of a cumulative number"] : []),
    ...(isInInterval && (of.rolling ?? 1) > 1 ? ["users of a rolling number"] : []),
  ];
}

function groupOf(measure: Measure): string {
  if (typeof measure !== "string") return "perUser" in measure ? "one per user" : "a property";
  return ["dau", "wau", "mau", "cumulativeUnique"].includes(measure) ? "active users" : measure;
}

function withoutSelect(step: object): object {
  return Object.fromEntries(
    Object.entries(step).filter(([name]) => !["event", "where", "label"].includes(name)),
  );
}

/** What is odd about a list of events. */
export function eventFacts(events: readonly EventInput[]): string[] {
  const timesMs = events.map(({ time }) => new Date(time).getTime());
  const values = events.flatMap(({ properties = {} }) => Object.values(properties));
  const keys = events.map(({ event, user_id, insert_id }) =>
    JSON.stringify([user_id, event, insert_id]),
  );
  const days = new Set(timesMs.map((ms) => Math.floor(ms / DAY_MS)));
  const span = days.size === 0 ? 0 : Math.max(...days) - Math.min(...days) + 1;
  const facts: Readonly<Record<string, boolean>> = {
    ties: new Set(timesMs).size < timesMs.length,
    repeats: events.some(
      ({ insert_id }, i) => insert_id !== undefined && keys.indexOf(keys[i]!) < i,
    ),
    "empty days": span > days.size,
    "a change of clocks": CHANGE_DAYS.some((day) => days.has(Date.parse(day) / DAY_MS)),
    nulls: values.includes(null),
    lists: values.some((value) => Array.isArray(value)),
    "the empty user": events.some(({ user_id }) => user_id === ""),
  };
  const names = Object.entries(facts).flatMap(([name, holds]) => (holds ? [name] : []));
  const hasNoId = events.some(({ insert_id }) => insert_id === undefined);
  return [
    ...names.map((name) => `events with ${name}`),
    ...(hasNoId ? ["events without insert ids"] : []),
  ];
}

/** UTC days with a change in one of the zones of the queries. */
const CHANGE_DAYS = [
  ...["2025-03-09", "2025-03-30", "2025-04-05", "2025-04-24"],
  ...["2025-10-04", "2025-10-26", "2025-10-30", "2025-11-02"],
];
