import { dayFileKey, loadCatalog, type Pin, readHeartbeats, tailKey } from "@shale/catalog";
import { type CallOptions, fanOut } from "@shale/env";
import {
  type CatalogWriter,
  decodeTailHeader,
  type Heartbeat,
  TAIL_HEADER_BYTES,
  type TailHeader,
} from "@shale/format";
import { type ListedLog, listLogs } from "@shale/ingest";
import { dayText, ShaleError, tailNumber, type WriterOrdinal } from "@shale/model";
import { countRows, type RowCounts, runWithPin } from "@shale/scan";
import type { LogStatus, ProjectStatus, SpecStatus, StatusFile, WriterStatus } from "../store.ts";
import { pinsOf } from "./ask/take-pin.ts";
import type { ProjectParts } from "./project-parts.ts";
import { readOtherSpecs, specStatusOf } from "./read-specs.ts";

/** Reads of headers on their way at the same time. */
const READS_AHEAD = 16;
/** Writers beat every 5 s: one that is silent for three beats is asked about. */
const HEARTBEAT_LATE_MS = 15_000;

interface TailFile {
  readonly key: string;
  readonly bytes: number;
  readonly header: TailHeader;
}

/** What stands in the store and on this disk, at one pin. Reads the tail; changes nothing. */
export async function readStatus(
  parts: ProjectParts,
  options: { readonly files?: boolean | undefined },
): Promise<ProjectStatus> {
  const { env, project } = parts;
  return await runWithPin(pinsOf(parts, {}), async (pin) => {
    const keys = pin.tail.map(({ key }) => key);
    const tail = await readTailFiles(parts, keys);
    const counts = await countRows(env, pin, { cache: parts.cache });
    const logs = await listLogs(env, project);
    const catalog = (await loadCatalog(env, project)) ?? pin.catalog;
    const heartbeats = await readHeartbeats(env, project);
    const others = await readOtherSpecs(parts, pin.catalog, (keys) => bytesOf(parts, keys));
    const writers: WriterStatus[] = [];
    for (const writer of catalog.writers) {
      const heartbeat = heartbeats.find(({ ordinal }) => ordinal === writer.ordinal);
      writers.push(await writerStatusOf(parts, { writer, heartbeat, pin, tail }));
    }
    return {
      project,
      live: catalog.live,
      generation: catalog.cuts.length,
      specs: [liveStatusOf(pin, counts, tail), ...others].sort(byAge),
      writers,
      unreadableLogs: logs.flatMap(unreadableOf),
      ...(options.files === true ? { files: filesOf(pin, counts, tail) } : {}),
    };
  });
}

/** Specs are named A, B, …, Z, AA in the order of their creation. */
function byAge(a: SpecStatus, b: SpecStatus): number {
  return a.spec.length - b.spec.length || (a.spec < b.spec ? -1 : 1);
}

function unreadableOf({ writer, folder, problem }: ListedLog): LogStatus[] {
  return problem === undefined ? [] : [{ writer, folder, reason: problem.message }];
}

async function bytesOf(parts: ProjectParts, keys: readonly string[]): Promise<number> {
  const files = await readTailFiles(parts, keys);
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function readTailFiles({ env }: ProjectParts, keys: readonly string[]): Promise<TailFile[]> {
  const { signal } = new AbortController();
  return await fanOut(keys, { concurrency: READS_AHEAD, signal }, async (key, either) => {
    const file = await readTailFile(env.store, key, { signal: either });
    if (file !== undefined) return file;
    throw new ShaleError("PIN_UNSTABLE", `Cannot read ${key}: it has gone since the pin`, {
      details: { missingKey: key },
    });
  });
}

async function readTailFile(
  store: ProjectParts["env"]["store"],
  key: string,
  options: CallOptions,
): Promise<TailFile | undefined> {
  const range = { offset: 0, length: TAIL_HEADER_BYTES };
  const object = await store.get(key, { ...options, range });
  if (object === undefined) return undefined;
  return { key, bytes: object.size, header: decodeTailHeader(object.bytes, { key }) };
}

/** Tail objects that some group has not drained count as tail; files are those of the manifests. */
function liveStatusOf(pin: Pin, counts: RowCounts, tail: readonly TailFile[]): SpecStatus {
  const { rows, tailRows, files } = counts;
  const bytes = [...tail, ...files].reduce((sum, file) => sum + file.bytes, 0);
  return specStatusOf(pin.spec, { rows, tailRows, dayFiles: files.length, bytes });
}

/** The whole set of live files: day files first, then the tail that they do not cover. */
function filesOf(pin: Pin, { files }: RowCounts, tail: readonly TailFile[]): StatusFile[] {
  const { project } = pin.catalog;
  const days = files.map((entry) => ({
    key: dayFileKey(project, pin.spec.spec, entry),
    bytes: entry.bytes,
    kind: "day" as const,
    rows: entry.rows,
    shard: Number(entry.shard),
    day: dayText(entry.day),
  }));
  return [
    ...days,
    ...tail.map(({ key, bytes, header }) => ({
      key,
      bytes,
      kind: "tail" as const,
      rows: header.rowCount,
    })),
  ];
}

interface WriterFacts {
  readonly writer: CatalogWriter;
  readonly heartbeat: Heartbeat | undefined;
  readonly pin: Pin;
  readonly tail: readonly TailFile[];
}

async function writerStatusOf(parts: ProjectParts, facts: WriterFacts): Promise<WriterStatus> {
  const { writer, heartbeat, pin, tail } = facts;
  const { host, pid } = writer.process;
  const own = tail.filter(({ header }) => header.writer === writer.ordinal);
  const position = pin.hi.get(writer.ordinal);
  const ageMs =
    heartbeat === undefined ? null : Math.max(0, parts.env.clock.nowMs() - heartbeat.atMs);
  const head = await readHead(parts, writer.ordinal, { own, n: position?.n ?? 0 });
  return {
    writer: writer.ordinal,
    state: stateOf(parts, { writer, ageMs, isSealed: head?.sealed ?? false }),
    host,
    pid,
    lastSeq: position?.lastSeq ?? 0,
    tailObjects: own.length,
    heartbeatAgeMs: ageMs,
  };
}

async function readHead(
  { env, project }: ProjectParts,
  writer: WriterOrdinal,
  { own, n }: { readonly own: readonly TailFile[]; readonly n: number },
): Promise<TailHeader | undefined> {
  if (n === 0) return undefined;
  const listed = own.find(({ header }) => header.n === n);
  if (listed !== undefined) return listed.header;
  return (await readTailFile(env.store, tailKey(project, writer, tailNumber(n)), {}))?.header;
}

function stateOf(
  { env }: ProjectParts,
  facts: { writer: CatalogWriter; ageMs: number | null; isSealed: boolean },
): WriterStatus["state"] {
  if (facts.writer.forgotten !== null) return "forgotten";
  if (facts.isSealed) return "sealed";
  const process = env.processes.stateOf(facts.writer.process);
  if (process === "alive") return "live";
  const isHeard = facts.ageMs !== null && facts.ageMs < HEARTBEAT_LATE_MS;
  return process === "unknown" && isHeard ? "live" : "unreachable";
}
