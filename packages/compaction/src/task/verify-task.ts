import type { UserHasher } from "@shale/columns";
import { digestsByGeneration } from "@shale/columns";
import type { DayFileFooter, DayFileGeneration } from "@shale/format";
import { openDayFile } from "@shale/format";
import { storedRowsOf, wholeFileOf } from "./file-rows.ts";

export interface VerifyInput {
  readonly key: string;
  /** The whole object. */
  readonly bytes: Uint8Array;
  /** Of them, those at the end that hold the footer. */
  readonly footerBytes: number;
}

export interface VerifyOutput {
  readonly footer: DayFileFooter;
  /** Of the rows that are really there. */
  readonly generations: readonly DayFileGeneration[];
}

/** Decodes a whole day file and digests its rows. @throws {ShaleError} OBJECT_CORRUPT */
export function verifyFile(
  { key, bytes, footerBytes }: VerifyInput,
  hasher: UserHasher,
): VerifyOutput {
  const file = wholeFileOf(key, bytes, footerBytes);
  const { footer } = openDayFile(file.tail, { key, size: bytes.length });
  return { footer, generations: digestsByGeneration(storedRowsOf(file, hasher)) };
}
