import type { PropertyColumnPlan } from "@shale/columns";
import { eventColumnNames, planPropertyColumns } from "@shale/columns";
import type { NamedColumn } from "@shale/format";
import { REST_COLUMN } from "@shale/format";

/** One Parquet file with events, and which of its columns hold which property. */
export interface EventFile {
  readonly path: string;
  readonly columns: readonly NamedColumn[];
  /** That of a day file which is read where it lies. */
  readonly key?: string | undefined;
}

type Kind = NamedColumn["kind"];

const TYPES: Readonly<Record<Kind, string>> = {
  string: "VARCHAR",
  number: "DOUBLE",
  boolean: "BOOLEAN",
  list: "JSON",
};
/** What a value of a kind is in the JSON of the rest column. */
const JSON_TYPES: Readonly<Record<Kind, readonly string[]>> = {
  string: ["VARCHAR"],
  number: ["DOUBLE", "BIGINT", "UBIGINT", "HUGEINT"],
  boolean: ["BOOLEAN"],
  list: ["ARRAY"],
};

/** The property columns of `events`. */
export function planColumns(files: readonly EventFile[]): PropertyColumnPlan[] {
  return planPropertyColumns(
    files.flatMap(({ columns }) => columns),
    eventColumnNames,
  );
}

function folded(name: string): string {
  return name.toLowerCase();
}

/** `create view events` over the files, its columns in the order of `plans` behind its own four. */
export function viewOf(files: readonly EventFile[], plans: readonly PropertyColumnPlan[]): string {
  const selects = groupFiles(files).map((group) => selectOf(group, plans));
  if (selects.length === 0) selects.push(emptySelect(plans));
  return `create view events as ${selects.join(" union all ")}`;
}

interface FileGroup {
  readonly paths: string[];
  /** By column, in lower case as SQL reads them: what it holds, the same in each file that has it. */
  readonly held: Map<string, string>;
  /** What a file or another keeps in the rest column. */
  readonly rest: Set<string>;
}

/** Files that can be read together: no column holds one thing here and another there. */
function groupFiles(files: readonly EventFile[]): FileGroup[] {
  const groups: FileGroup[] = [];
  for (const { path, columns } of files) {
    const own = columns.filter(({ column }) => column !== REST_COLUMN);
    let group = groups.find(({ held }) =>
      own.every((one) => (held.get(folded(one.column)) ?? keyOf(one)) === keyOf(one)),
    );
    if (group === undefined) {
      group = { paths: [], held: new Map(), rest: new Set() };
      groups.push(group);
    }
    group.paths.push(path);
    for (const one of own) group.held.set(folded(one.column), keyOf(one));
    for (const one of columns) if (one.column === REST_COLUMN) group.rest.add(keyOf(one));
  }
  return groups;
}

function keyOf({ name, kind }: Pick<NamedColumn, "name" | "kind">): string {
  return `${kind} ${name}`;
}

function selectOf(group: FileGroup, plans: readonly PropertyColumnPlan[]): string {
  // A property may be in a column of one name in some files, and of another in others.
  const columnsOf = new Map<string, string[]>();
  for (const [column, key] of group.held) {
    columnsOf.set(key, [...(columnsOf.get(key) ?? []), quoted(column)]);
  }
  const properties = plans.map(({ property, kind, name }) => {
    const key = keyOf({ name: property, kind });
    const values = [
      ...(columnsOf.get(key) ?? []),
      ...(group.rest.has(key) ? [restValue(property, kind)] : []),
    ];
    const value = values.length > 1 ? `coalesce(${values.join(", ")})` : (values[0] ?? "null");
    return `(${value})::${TYPES[kind]} as ${quoted(name)}`;
  });
  const list = group.paths.map(textOf).join(", ");
  const own = [
    "event",
    "user_id",
    '"time"::TIMESTAMP as "time"',
    "coalesce(insert_id, '~' || writer || '-' || seq) as insert_id",
  ];
  const options = "union_by_name = true, hive_partitioning = false";
  return `select ${[...own, ...properties].join(", ")} from read_parquet([${list}], ${options})`;
}

/** A property inside of the rest column, by its JSON pointer (RFC 6901), where it is of the kind. */
function restValue(property: string, kind: Kind): string {
  const pointer = textOf(`/${property.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  const rest = quoted(REST_COLUMN);
  const value =
    kind === "string"
      ? `json_extract_string(${rest}, ${pointer})`
      : `json_extract(${rest}, ${pointer})::${TYPES[kind]}`;
  const types = JSON_TYPES[kind].map(textOf).join(", ");
  return `case when json_type(${rest}, ${pointer}) in (${types}) then ${value} end`;
}

function emptySelect(plans: readonly PropertyColumnPlan[]): string {
  const own = [
    "null::VARCHAR as event",
    "null::VARCHAR as user_id",
    'null::TIMESTAMP as "time"',
    "null::VARCHAR as insert_id",
  ];
  const properties = plans.map(({ kind, name }) => `null::${TYPES[kind]} as ${quoted(name)}`);
  return `select ${[...own, ...properties].join(", ")} where false`;
}

/** An identifier of SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text of SQL. */
export function textOf(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
