import type { ChainVersion, ProjectId, SpecName, TailNumber, WriterOrdinal } from "@shale/model";
import {
  chainVersion,
  invariant,
  projectId,
  ShaleError,
  tailNumber,
  writerOrdinal,
} from "@shale/model";

/** 2^53 - 1 has 16 digits, so that names sort as their numbers do. */
const NUMBER_DIGITS = 16;
const NUMBER = /^[0-9]{16}$/;

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
