import { ShaleError } from "@shale/model";

/** `source` says what is being decoded: an object's key, or a file and an offset. */
export function corrupt(source: string, why: string, cause?: unknown): ShaleError {
  return new ShaleError("OBJECT_CORRUPT", `Cannot decode ${source}: ${why}`, { cause });
}

export function formatUnknown(source: string, what: string): ShaleError {
  return new ShaleError("FORMAT_UNKNOWN", `Cannot decode ${source}: ${what} is not known here`);
}

/** Refuses a format version that is newer than `known`, or none. */
export function checkVersion(source: string, version: number, known: number): void {
  if (version > known) {
    throw formatUnknown(source, `format version ${version}, above ${known},`);
  }
  if (version === 0) throw corrupt(source, "its format version is 0");
}
