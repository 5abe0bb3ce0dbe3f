import { createProject, tailPlaceOfKey } from "@shale/catalog";
import type { EventBatch, LoggedBatch, UserHasher } from "@shale/columns";
import { createBatchBuilder, eventAt, loadUserHasher } from "@shale/columns";
import type { Env } from "@shale/env";
import { listAll } from "@shale/env";
import type { TailObject } from "@shale/format";
import { decodeTailObject } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { projectId } from "@shale/model";

export const project: ProjectId = projectId("p");
const hasher: UserHasher = await loadUserHasher();

export async function prepareProject(env: Env): Promise<void> {
  await createProject(env, { project, shards: 4 });
}

/** An append of `rowCount` rows named `<name>.0`, `<name>.1`, …, in the event name. */
export function batchOf(
  name: string,
  rowCount = 1,
  insertIdOf: (row: number) => string | undefined = () => undefined,
): EventBatch {
  const builder = createBatchBuilder(hasher);
  for (let row = 0; row < rowCount; row++) {
    builder.startRow(`user-${row % 3}`, `${name}.${row}`, 1_767_225_600_000 + row, insertIdOf(row));
  }
  return builder.build();
}

export interface StoredRow {
  readonly writer: WriterOrdinal;
  readonly seq: number;
  /** `<append>.<row>` */
  readonly name: string;
  readonly insertId: string | undefined;
}

export function rowsOf(batch: LoggedBatch): StoredRow[] {
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const { event, insert_id } = eventAt(batch, row);
    const seq = batch.seqs[row] ?? Number.NaN;
    return { writer: batch.writer, seq, name: event, insertId: insert_id };
  });
}

export function namesOf(batches: readonly LoggedBatch[]): string[] {
  return batches.flatMap((batch) => rowsOf(batch).map(({ name }) => name));
}

/** All tail objects of the project, by writer and number. */
export async function readTail(env: Env): Promise<TailObject[]> {
  const objects: TailObject[] = [];
  for await (const { key } of listAll(env.store, `${project}/tail/`)) {
    const stored = await env.store.get(key);
    if (stored === undefined || tailPlaceOfKey(key) === undefined) throw new Error(key);
    objects.push(decodeTailObject(stored.bytes, { key }));
  }
  return objects;
}

export async function readRows(env: Env): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for (const { batch } of await readTail(env)) if (batch !== undefined) rows.push(...rowsOf(batch));
  return rows;
}

/**
 * What must hold of a tail, whatever happened: numbers without gaps, seqs strictly rising, nothing
 * after a seal, every append whole and once, every acknowledged one there.
 */
export async function findingsOf(
  env: Env,
  appends: ReadonlyMap<string, { readonly rowCount: number; readonly isAcknowledged: boolean }>,
): Promise<string[]> {
  const findings: string[] = [];
  const ends = new Map<number, TailObject>();
  for (const object of await readTail(env)) {
    const before = ends.get(object.writer);
    if (object.n !== (before?.n ?? 0) + 1) findings.push(`gap before ${object.writer}/${object.n}`);
    if (before?.sealed) findings.push(`${object.writer}/${object.n} comes after a seal`);
    if (object.rowCount > 0 && object.firstSeq <= (before?.lastSeq ?? 0)) {
      findings.push(`seqs of ${object.writer}/${object.n} do not follow`);
    }
    ends.set(object.writer, object);
  }
  const counts = new Map<string, number>();
  for (const { name } of await readRows(env)) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [name, count] of counts) {
    if (count > 1) findings.push(`row ${name} is there ${count} times`);
    if (!appends.has(name.slice(0, name.lastIndexOf(".")))) findings.push(`row ${name} is unknown`);
  }
  for (const [name, { rowCount, isAcknowledged }] of appends) {
    let found = 0;
    for (let row = 0; row < rowCount; row++) found += counts.has(`${name}.${row}`) ? 1 : 0;
    if (isAcknowledged && found < rowCount) findings.push(`acknowledged ${name} has ${found} rows`);
    if (found > 0 && found < rowCount) findings.push(`append ${name} is there in part`);
  }
  return findings;
}
