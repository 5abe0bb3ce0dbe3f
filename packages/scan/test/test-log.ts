import type { Pin, TailPosition, TailRef } from "@shale/catalog";
import { tailKey } from "@shale/catalog";
import type { LoggedBatch } from "@shale/columns";
import { createBatchBuilder, loadUserHasher, tombstoneHash } from "@shale/columns";
import type { Env } from "@shale/env";
import {
  inlineWorkers,
  memoryStore,
  silentLogger,
  systemClock,
  systemProcesses,
  systemRandom,
} from "@shale/env";
import type {
  CatalogDocument,
  CatalogTombstone,
  DayFileEntry,
  ManifestDocument,
} from "@shale/format";
import { encodeTailObject, tailObjectOf } from "@shale/format";
import type { Day, PropertyValue, WriterOrdinal } from "@shale/model";
import {
  chainVersion,
  groupCountOf,
  projectId,
  SHARDS_PER_GROUP,
  specName,
  tailNumber,
  writerOrdinal,
} from "@shale/model";
import { writeDayFiles } from "./drain-log.ts";

export interface TestEvent {
  readonly event: string;
  readonly user: string;
  readonly atMs: number;
  readonly insertId?: string | undefined;
  readonly properties?: Readonly<Record<string, Exclude<PropertyValue, null>>> | undefined;
}

const tombstoneKey = "ab".repeat(16);
const hasher = await loadUserHasher();

/** Events as a batch of a writer's log, the first with seq `firstSeq`. */
export function batchOfEvents(
  events: readonly TestEvent[],
  { writer, firstSeq }: { readonly writer: number; readonly firstSeq: number },
): LoggedBatch {
  const builder = createBatchBuilder(hasher);
  for (const { event, user, atMs, insertId, properties = {} } of events) {
    builder.startRow(user, event, atMs, insertId);
    for (const [name, value] of Object.entries(properties)) {
      if (typeof value === "string") builder.setString(name, value);
      else if (typeof value === "number") builder.setNumber(name, value);
      else if (typeof value === "boolean") builder.setBoolean(name, value);
      else builder.setList(name, JSON.stringify(value));
    }
  }
  const seqs = Float64Array.from(events, (_, index) => firstSeq + index);
  return { ...builder.build(), writer: writerOrdinal(writer), seqs };
}

export function testEnv(): Env {
  return {
    clock: systemClock(),
    random: systemRandom(),
    logger: silentLogger,
    processes: systemProcesses(),
    store: memoryStore(),
    disk: undefined,
    workers: inlineWorkers({}),
  };
}

/** A project's log in a memory store, with pins made by hand. */
export function createTestLog(options: { shards?: number; firstDay?: Day } = {}) {
  const { shards = 4, firstDay } = options;
  const env = testEnv();
  const project = projectId("test");
  const tail: TailRef[] = [];
  const memory: LoggedBatch[] = [];
  const hi = new Map<WriterOrdinal, TailPosition>();
  let nextSeq = 1;
  let claims = 0;
  let files: DayFileEntry[] = [];
  let watermarks = new Map<WriterOrdinal, TailPosition>();
  const tombstones: CatalogTombstone[] = [];
  const flushed: LoggedBatch[] = [];
  const drained: LoggedBatch[] = [];
  const claim = (): string => (++claims).toString(16).padStart(32, "0");
  function batch(writer: number, events: readonly TestEvent[]): LoggedBatch {
    const made = batchOfEvents(events, { writer, firstSeq: nextSeq });
    nextSeq += events.length;
    return made;
  }
  function manifestOf(group: number): ManifestDocument | undefined {
    if (claims === 0) return undefined;
    const added = files.filter(({ shard }) => Math.floor(shard / SHARDS_PER_GROUP) === group);
    return {
      ...{ project, spec: specName("A"), group, version: chainVersion(1), nonces: [] },
      ...{ closedMs: null, watermarks: { positions: {}, infinite: [] }, claims: [], committed: [] },
      ...{ copied: [], base: null, pages: [], added, removed: [] },
      written: { drainedRows: 0, drainedBytes: 0, rewrittenRows: 0, rewrittenBytes: 0, commits: 1 },
    };
  }
  return {
    env,
    /** Writes the events as the writer's next tail object. */
    async flush(writer: number, events: readonly TestEvent[]): Promise<TailRef> {
      const rows = batch(writer, events);
      const n = tailNumber((hi.get(rows.writer)?.n ?? 0) + 1);
      const object = tailObjectOf({ n, nonce: "0".repeat(32), batch: rows });
      const key = tailKey(project, rows.writer, n);
      await env.store.put(key, encodeTailObject(object), { ifAbsent: true });
      hi.set(rows.writer, { n, lastSeq: object.lastSeq });
      const ref = { writer: rows.writer, n, key };
      tail.push(ref);
      flushed.push(rows);
      return ref;
    },
    /** Drains the tail into day files, duplicates and all. */
    async drain(): Promise<void> {
      const rows = flushed.splice(0);
      drained.push(...rows);
      const place = { project, shards, claim: claim(), dedupes: false };
      files = [...files, ...(await writeDayFiles(env, rows, place))];
      watermarks = new Map(hi);
    },
    /** Merges all day files of each shard's day into one. */
    async merge(): Promise<void> {
      const place = { project, shards, claim: claim(), dedupes: true };
      files = await writeDayFiles(env, drained, place);
    },
    /** Hides the user's rows so far (D1). */
    deleteUser(user: string): void {
      const bytes = new TextEncoder().encode(user);
      const userHash = tombstoneHash(tombstoneKey, bytes);
      tombstones.push({ number: tombstones.length + 1, userHash, seq: nextSeq - 1, atMs: 0 });
    },
    files: (): readonly DayFileEntry[] => files,
    /** Keeps the events in the writer's memory. */
    keep(writer: number, events: readonly TestEvent[]): void {
      memory.push(batch(writer, events));
    },
    pin(): Pin {
      const groups = Array.from({ length: groupCountOf(shards) }, (_, group) => group);
      const spec = { spec: specName("A"), shards, hash: "xxh64" } as const;
      const catalog = {
        project,
        version: chainVersion(1),
        specs: [{ ...spec, createdMs: 0, closedMs: null }],
        tombstones: [...tombstones],
        tombstoneKey,
        retention: { keepMs: null, firstDay: firstDay ?? null },
      } as unknown as CatalogDocument;
      return {
        catalog,
        spec,
        hi: new Map(hi),
        groups: new Map(
          groups.map((group) => [group, { watermarks, manifest: manifestOf(group) }]),
        ),
        tail: tail.filter(({ writer, n }) => n > (watermarks.get(writer)?.n ?? 0)),
        memory: [...memory],
        snapshot: JSON.stringify([...hi, memory.length]),
      };
    },
  };
}
