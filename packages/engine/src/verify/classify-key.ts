import {
  catalogVersionOfKey,
  dayFilePlaceOfKey,
  heartbeatKey,
  manifestPlaceOfKey,
  pagePlaceOfKey,
  tailPlaceOfKey,
} from "@shale/catalog";
import type { ChainVersion, Day, ProjectId, ShardId, SpecName, WriterOrdinal } from "@shale/model";
import { SHARDS_PER_GROUP, writerOrdinal } from "@shale/model";

/** What an object is, by its key alone. */
export type ObjectPlace =
  | { readonly kind: "catalog"; readonly version: ChainVersion }
  | {
      readonly kind: "manifest";
      readonly spec: SpecName;
      readonly group: number;
      readonly version: ChainVersion;
    }
  | { readonly kind: "page"; readonly spec: SpecName; readonly group: number; readonly id: string }
  | {
      readonly kind: "day-file";
      readonly spec: SpecName;
      readonly group: number;
      readonly shard: ShardId;
      readonly day: Day;
      readonly id: string;
    }
  | { readonly kind: "tail"; readonly writer: WriterOrdinal; readonly n: number }
  | { readonly kind: "heartbeat"; readonly writer: WriterOrdinal }
  | { readonly kind: "condemned" | "pin" | "look" | "validation" | "store-clock" }
  /** Part of a write-ahead log, where the logs lie in the folder of the store. */
  | { readonly kind: "log" }
  | { readonly kind: "unknown" };

const HEARTBEAT = /\/writers\/([0-9]{16})$/;
const SMALL: readonly (readonly [
  "condemned" | "pin" | "look" | "validation" | "store-clock" | "log",
  RegExp,
])[] = [
  ["condemned", /^condemned\/[0-9a-f]{32}$/],
  ["pin", /^pins\/[0-9a-f]{32}(-beat)?$/],
  ["look", /^looks\/[0-9a-f]{32}$/],
  ["validation", /^validations\/[0-9a-f]{32}$/],
  ["store-clock", /^collect\/clock$/],
  ["log", /^wal\/[0-9]{16}\/(owner|fence|released|[0-9]{16}\.wal)$/],
];

/** @param key - Of an object of the project: it begins with `<project>/`. */
export function classifyKey(project: ProjectId, key: string): ObjectPlace {
  const version = catalogVersionOfKey(key);
  if (version !== undefined) return { kind: "catalog", version };
  const tail = tailPlaceOfKey(key);
  if (tail !== undefined) return { kind: "tail", writer: tail.writer, n: tail.n };
  const file = dayFilePlaceOfKey(key);
  if (file !== undefined) {
    const { spec, shard, day, id } = file;
    const group = Math.floor(shard / SHARDS_PER_GROUP);
    return { kind: "day-file", spec, group, shard, day, id };
  }
  const page = pagePlaceOfKey(key);
  if (page !== undefined) return { kind: "page", spec: page.spec, group: page.group, id: page.id };
  const manifest = manifestPlaceOfKey(key);
  if (manifest !== undefined) {
    return {
      kind: "manifest",
      spec: manifest.spec,
      group: manifest.group,
      version: manifest.version,
    };
  }
  const ordinal = Number(HEARTBEAT.exec(key)?.[1] ?? 0);
  if (Number.isSafeInteger(ordinal) && ordinal >= 1) {
    const writer = writerOrdinal(ordinal);
    if (heartbeatKey(project, writer) === key) return { kind: "heartbeat", writer };
  }
  const name = key.slice(project.length + 1);
  const small = SMALL.find(([, pattern]) => pattern.test(name))?.[0];
  return { kind: small ?? "unknown" };
}
