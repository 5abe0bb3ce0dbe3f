import { join } from "node:path";
import { DAY_MS } from "@shale/model";
import { duckdbQuery } from "../../format/test/other-readers.ts";

/** What two readers of the same events must agree on, by UTC day and by property. */
export interface Sums {
  /** Events by day, days since 1970. */
  readonly events: ReadonlyMap<number, number>;
  /** Distinct users by day, "" left out. */
  readonly users: ReadonlyMap<number, number>;
  /** By property: how often each number stands in it. */
  readonly numbers: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

interface ColumnOfProperty {
  readonly name: string;
  readonly kind: string;
  readonly column: string;
}

/** Files whose columns mean the same are read together. */
async function filesByColumns(
  paths: readonly string[],
): Promise<{ readonly paths: readonly string[]; readonly columns: readonly ColumnOfProperty[] }[]> {
  const found = await duckdbQuery(
    `SELECT file_name AS path, decode(value) AS document
     FROM parquet_kv_metadata(${listOf(paths)}) WHERE decode(key) = 'shale'`,
  );
  const groups = new Map<string, { paths: string[]; columns: ColumnOfProperty[] }>();
  for (const { path, document } of found) {
    const { columns } = JSON.parse(String(document)) as { columns: (ColumnOfProperty & object)[] };
    const bare = columns.map(({ name, kind, column }) => ({ name, kind, column }));
    const name = JSON.stringify(bare);
    const group = groups.get(name) ?? { paths: [], columns: bare };
    group.paths.push(String(path));
    groups.set(name, group);
  }
  return [...groups.values()];
}

function listOf(paths: readonly string[]): string {
  return `[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(", ")}]`;
}

/** The sums as DuckDB finds them in these day files, which are to hold every event once. */
export async function duckdbSums(root: string, keys: readonly string[]): Promise<Sums> {
  const numbers = new Map<string, Map<number, number>>();
  const paths = keys.map((key) => join(root, key));
  if (paths.length === 0) return { events: new Map(), users: new Map(), numbers };
  const day = `epoch_us("time") // ${DAY_MS * 1_000}`;
  const all = (wanted: readonly string[]) =>
    `read_parquet(${listOf(wanted)}, hive_partitioning = false)`;
  const required = `SELECT ${day} AS day, user_id FROM ${all(paths)}`;
  const days = await duckdbQuery(
    `SELECT day, count(*) AS events, count(DISTINCT user_id) FILTER (user_id <> '') AS users
     FROM (${required}) GROUP BY day`,
  );
  for (const group of await filesByColumns(paths)) {
    for (const { name, kind, column } of group.columns) {
      if (kind !== "number") continue;
      const quoted = `"${column.replaceAll('"', '""')}"`;
      const values = await duckdbQuery(
        `SELECT ${quoted} AS value, count(*) AS times FROM ${all(group.paths)}
         WHERE ${quoted} IS NOT NULL GROUP BY 1`,
      );
      const counts = numbers.get(name) ?? new Map<number, number>();
      numbers.set(name, counts);
      for (const { value, times } of values) addTo(counts, Number(value), Number(times));
    }
  }
  return {
    events: new Map(days.map((row) => [Number(row["day"]), Number(row["events"])])),
    users: usersOf(days.map((row) => [Number(row["day"]), Number(row["users"])])),
    numbers,
  };
}

/** Days without a user are left out. */
function usersOf(days: readonly (readonly [number, number])[]): Map<number, number> {
  return new Map(days.filter(([, users]) => users > 0));
}

function addTo<Key>(counts: Map<Key, number>, key: Key, times: number): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}

interface ExportedEvent {
  readonly user_id: string;
  readonly time: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The sums of exported events. */
export function sumsOf(events: Iterable<ExportedEvent>): Sums {
  const counts = new Map<number, number>();
  const users = new Map<number, Set<string>>();
  const numbers = new Map<string, Map<number, number>>();
  for (const { user_id, time, properties } of events) {
    const day = Math.floor(Date.parse(time) / DAY_MS);
    addTo(counts, day, 1);
    const seen = users.get(day) ?? new Set();
    users.set(day, seen);
    if (user_id !== "") seen.add(user_id);
    for (const [name, value] of Object.entries(properties)) {
      if (typeof value !== "number") continue;
      const known = numbers.get(name) ?? new Map<number, number>();
      numbers.set(name, known);
      addTo(known, value, 1);
    }
  }
  return {
    events: counts,
    users: usersOf([...users].map(([day, { size }]) => [day, size])),
    numbers,
  };
}

/** Plain and ordered, so that differences read well; sums are taken in one order on both sides. */
export function shownSums({ events, users, numbers }: Sums): object {
  const inOrder = (counts: ReadonlyMap<number, number>) => [...counts].sort(([a], [b]) => a - b);
  return {
    events: inOrder(events),
    users: inOrder(users),
    numbers: [...numbers]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, values]) => {
        const ordered = inOrder(values);
        const sum = ordered.reduce((total, [value, times]) => total + value * times, 0);
        return { name, sum, values: ordered };
      }),
  };
}
