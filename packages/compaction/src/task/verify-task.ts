import { digestsByGeneration } from "@shale/columns";
import type { DayFileFooter, DayFileGeneration } from "@shale/format";
import { decodeDayFileRows, openDayFile, planDayFileRead } from "@shale/format";
import { invariant } from "@shale/model";
import { wholeRows } from "./file-rows.ts";

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
export function verifyFile({ key, bytes, footerBytes }: VerifyInput): VerifyOutput {
  const size = bytes.length;
  const index = openDayFile(bytes.subarray(size - footerBytes), { key, size });
  const selection = wholeRows(undefined);
  const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  const { userIds, places, ...rows } = decodeDayFileRows(index, selection, parts, { key });
  invariant(places !== undefined, "rows that are verified come with their places");
  const digested = { ...rows, ...places, users: { ids: userIds } };
  return { footer: index.footer, generations: digestsByGeneration(digested) };
}
