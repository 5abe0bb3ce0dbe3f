import type { Pin, TailPosition, TailRef } from "@shale/catalog";
import { tailKey } from "@shale/catalog";
import type { LoggedBatch } from "@shale/columns";
import { createBatchBuilder, loadUserHasher } from "@shale/columns";
import type { Env } from "@shale/env";
import {
  inlineWorkers,
  memoryStore,
  silentLogger,
  systemClock,
  systemProcesses,
  systemRandom,
} from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { encodeTailObject, tailObjectOf } from "@shale/format";
import type { Day, PropertyValue, WriterOrdinal } from "@shale/model";
import {
  chainVersion,
  groupCountOf,
  projectId,
  specName,
  tailNumber,
  writerOrdinal,
} from "@shale/model";

export interface TestEvent {
  readonly event: string;
  readonly user: string;
  readonly atMs: number;
  readonly insertId?: string | undefined;
  readonly properties?: Readonly<Record<string, Exclude<PropertyValue, null>>> | undefined;
}

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
  function batch(writer: number, events: readonly TestEvent[]): LoggedBatch {
    const made = batchOfEvents(events, { writer, firstSeq: nextSeq });
    nextSeq += events.length;
    return made;
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
      return ref;
    },
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
        tombstones: [],
        retention: { keepMs: null, firstDay: firstDay ?? null },
      } as unknown as CatalogDocument;
      return {
        catalog,
        spec,
        hi: new Map(hi),
        groups: new Map(groups.map((group) => [group, { watermarks: new Map(), files: [] }])),
        tail: [...tail],
        memory: [...memory],
        snapshot: JSON.stringify([...hi, memory.length]),
      };
    },
  };
}
