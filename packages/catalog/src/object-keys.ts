import type { DayFileEntry } from "@shale/format";
import { isOutputId } from "@shale/format";
import type {
  ChainVersion,
  Day,
  ProjectId,
  ShardId,
  SpecName,
  TailNumber,
  WriterOrdinal,
} from "@shale/model";
import {
  chainVersion,
  dayOf,
  dayStartMs,
  invariant,
  projectId,
  SHARDS_MAX,
  ShaleError,
  shardId,
  specName,
  tailNumber,
  writerOrdinal,
} from "@shale/model";

/** 2^53 - 1 has 16 digits, so that names sort as their numbers do. */
const NUMBER_DIGITS = 16;
const NUMBER = /^[0-9]{16}$/;
/** Years beyond four digits have six, as in ISO 8601; "+" cannot stand in a key. */
const DAY = /^(?:[0-9]{4}|-?[0-9]{6})-[0-9]{2}-[0-9]{2}$/;
const SPEC_FOLDER = /^spec=([A-Z]{1,8})$/;
const SHARD_FOLDER = /^shard=(0|[1-9][0-9]{0,4})$/;

/** A number as it stands in a key. */
export function paddedNumber(number: number): string {
  invariant(Number.isSafeInteger(number) && number >= 0, `a key holds a whole number: ${number}`);
  return String(number).padStart(NUMBER_DIGITS, "0");
}

/** The number at the end of `key` behind `prefix`; undefined when something else stands there. */
export function numberBehind(prefix: string, key: string): number | undefined {
  const text = key.startsWith(prefix) ? key.slice(prefix.length) : "";
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) && number >= 1 ? number : undefined;
}

/** Where the versions of a project's catalog stand. */
export function catalogPrefix(project: ProjectId): string {
  return `${project}/catalog/`;
}

export function catalogKey(project: ProjectId, version: ChainVersion): string {
  return catalogPrefix(project) + paddedNumber(version);
}

export function tailPrefix(project: ProjectId, writer: WriterOrdinal): string {
  return `${project}/tail/${paddedNumber(writer)}/`;
}

export function tailKey(project: ProjectId, writer: WriterOrdinal, n: TailNumber): string {
  return tailPrefix(project, writer) + paddedNumber(n);
}

export function heartbeatPrefix(project: ProjectId): string {
  return `${project}/writers/`;
}

export function heartbeatKey(project: ProjectId, ordinal: WriterOrdinal): string {
  return heartbeatPrefix(project) + paddedNumber(ordinal);
}

/** Where the manifests of all groups of a spec stand. */
export function manifestsPrefix(project: ProjectId, spec: SpecName): string {
  return `${project}/spec=${spec}/manifest/`;
}

export function manifestPrefix(project: ProjectId, spec: SpecName, group: number): string {
  return `${manifestsPrefix(project, spec)}${paddedNumber(group)}/`;
}

export function manifestKey(
  project: ProjectId,
  spec: SpecName,
  group: number,
  version: ChainVersion,
): string {
  return manifestPrefix(project, spec, group) + paddedNumber(version);
}

/** Where the pages of all groups of a spec stand, or those of one. */
export function pagePrefix(project: ProjectId, spec: SpecName, group?: number): string {
  const pages = `${project}/spec=${spec}/page/`;
  return group === undefined ? pages : `${pages}${paddedNumber(group)}/`;
}

export function pageKey(project: ProjectId, spec: SpecName, group: number, id: string): string {
  invariant(isOutputId(id), `a page is named after its claim: ${id}`);
  return pagePrefix(project, spec, group) + id;
}

/** Where the day files of all shards of a spec stand. */
export function dayFilePrefix(project: ProjectId, spec: SpecName): string {
  return `${project}/spec=${spec}/shard=`;
}

/** Names one day file among those of a spec; an entry does. */
export type DayFilePlace = Pick<DayFileEntry, "shard" | "day" | "id">;

export function dayFileKey(
  project: ProjectId,
  spec: SpecName,
  { shard, day, id }: DayFilePlace,
): string {
  invariant(isOutputId(id), `a day file is named after its claim: ${id}`);
  return `${dayFilePrefix(project, spec)}${shard}/day=${dayInKey(day)}/${id}.parquet`;
}

/** The project that a key belongs to; undefined for what no project made. */
export function projectOfKey(key: string): ProjectId | undefined {
  const end = key.indexOf("/");
  try {
    return end < 0 ? undefined : projectId(key.slice(0, end));
  } catch (error) {
    if (error instanceof ShaleError) return undefined;
    throw error;
  }
}

/** The writer and number of a tail object's key; undefined for another key. */
export function tailPlaceOfKey(
  key: string,
): { project: ProjectId; writer: WriterOrdinal; n: TailNumber } | undefined {
  const project = projectOfKey(key);
  const [, folder, writer = "", n = "", ...rest] = key.split("/");
  const ordinal = numberBehind("", writer);
  const number = numberBehind("", n);
  if (project === undefined || ordinal === undefined || number === undefined) return undefined;
  if (folder !== "tail" || rest.length > 0) return undefined;
  return { project, writer: writerOrdinal(ordinal), n: tailNumber(number) };
}

/** The version of a catalog's key; undefined for another key. */
export function catalogVersionOfKey(key: string): ChainVersion | undefined {
  const project = projectOfKey(key);
  const number = project === undefined ? undefined : numberBehind(catalogPrefix(project), key);
  return number === undefined ? undefined : chainVersion(number);
}

/** The group and version of a manifest's key; undefined for another key. */
export function manifestPlaceOfKey(key: string):
  | {
      project: ProjectId;
      spec: SpecName;
      group: number;
      version: ChainVersion;
    }
  | undefined {
  const place = specPlaceOf(key, "manifest");
  const version = numberBehind("", place?.name ?? "");
  if (place === undefined || version === undefined) return undefined;
  const { project, spec, group } = place;
  return { project, spec, group, version: chainVersion(version) };
}

/** What a manifest page's key names; undefined for another key. */
export function pagePlaceOfKey(
  key: string,
): { project: ProjectId; spec: SpecName; group: number; id: string } | undefined {
  const place = specPlaceOf(key, "page");
  if (place === undefined || !isOutputId(place.name)) return undefined;
  const { project, spec, group, name } = place;
  return { project, spec, group, id: name };
}

/** What a day file's key names; undefined for another key. */
export function dayFilePlaceOfKey(
  key: string,
): { project: ProjectId; spec: SpecName; shard: ShardId; day: Day; id: string } | undefined {
  const project = projectOfKey(key);
  const [, folder = "", shardFolder = "", dayFolder = "", file = "", ...rest] = key.split("/");
  const spec = SPEC_FOLDER.exec(folder)?.[1];
  const shard = Number(SHARD_FOLDER.exec(shardFolder)?.[1] ?? Number.NaN);
  const day = dayOfText(dayFolder.startsWith("day=") ? dayFolder.slice(4) : "");
  const id = file.endsWith(".parquet") ? file.slice(0, -".parquet".length) : "";
  if (project === undefined || spec === undefined || day === undefined) return undefined;
  if (!(shard < SHARDS_MAX) || !isOutputId(id) || rest.length > 0) return undefined;
  return { project, spec: specName(spec), shard: shardId(shard, SHARDS_MAX), day, id };
}

/** The parts of `<project>/spec=<S>/<kind>/<group>/<name>`. */
function specPlaceOf(key: string, kind: "manifest" | "page") {
  const project = projectOfKey(key);
  const [, folder = "", found, groupText = "", name = "", ...rest] = key.split("/");
  const spec = SPEC_FOLDER.exec(folder)?.[1];
  if (project === undefined || spec === undefined || found !== kind) return undefined;
  if (!NUMBER.test(groupText) || rest.length > 0) return undefined;
  return { project, spec: specName(spec), group: Number(groupText), name };
}

function dayInKey(day: Day): string {
  const [text = ""] = new Date(dayStartMs(day)).toISOString().split("T");
  return text.replace("+", "");
}

function dayOfText(text: string): Day | undefined {
  const isLongYear = /^[0-9]{6}-/.test(text);
  const startMs = DAY.test(text) ? Date.parse(`${isLongYear ? "+" : ""}${text}T00:00:00Z`) : 0.5;
  if (!Number.isSafeInteger(startMs)) return undefined;
  const day = dayOf(startMs);
  return dayInKey(day) === text ? day : undefined; // 2026-02-30 is another day's name.
}
