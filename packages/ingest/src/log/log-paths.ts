import type { ProjectId, WriterOrdinal } from "@shale/model";
import { writerOrdinal } from "@shale/model";

const NAME_DIGITS = 16;
const NUMBERED = /^[0-9]{16}$/;
const SEGMENT = /^([0-9]{16})\.wal$/;

/** Names inside a log's folder. */
export const FENCE_NAME = "fence";
export const OWNER_NAME = "owner";
export const RELEASED_NAME = "released";

/** The folder of all logs of a project, below the root of `env.disk`. */
export function logsFolderOf(project: ProjectId): string {
  return `${project}/wal`;
}

export function logFolderOf(project: ProjectId, writer: WriterOrdinal): string {
  return `${logsFolderOf(project)}/${numberText(writer)}`;
}

export function segmentNameOf(segment: number): string {
  return `${numberText(segment)}.wal`;
}

/** undefined for names that are not a log's folder. */
export function writerOfFolder(name: string): WriterOrdinal | undefined {
  return NUMBERED.test(name) && Number(name) > 0 ? writerOrdinal(Number(name)) : undefined;
}

/** Names of segments among `names`, in the order in which they were written. */
export function segmentNamesOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => SEGMENT.test(name)).sort();
}

function numberText(value: number): string {
  return String(value).padStart(NAME_DIGITS, "0");
}
