import { digestsByGeneration, generationsDifference, sumGenerations } from "@shale/columns";
import type { DayFileFooter, DayFileGeneration, DayFileIndex } from "@shale/format";
import { checkFacts, decodeDayFileRows, openDayFile, planDayFileRead } from "@shale/format";
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

/**
 * Decodes a whole day file, a row group after the other, and digests its rows: those of each row
 * group are what its footer says of it, so that a copy may go by that.
 *
 * @throws {ShaleError} OBJECT_CORRUPT
 */
export function verifyFile({ key, bytes, footerBytes }: VerifyInput): VerifyOutput {
  const size = bytes.length;
  const index = openDayFile(bytes.subarray(size - footerBytes), { key, size });
  const { footer, chunks, rowGroupFacts } = index;
  const digests = chunks.map((_group, number) => digestGroup({ key, bytes, index }, number));
  if (rowGroupFacts !== undefined && chunks.length > 1) {
    checkFacts(footer, rowGroupFacts, { key });
    for (const [number, { generations }] of rowGroupFacts.entries()) {
      const difference = generationsDifference(generations, digests[number] ?? []);
      const place = `row group ${number} of a day file`;
      invariant(difference === undefined, `${place} holds the rows that it tells: ${difference}`);
    }
  }
  return { footer, generations: sumGenerations(...digests) };
}

function digestGroup(
  { key, bytes, index }: Pick<VerifyInput, "key" | "bytes"> & { readonly index: DayFileIndex },
  number: number,
): readonly DayFileGeneration[] {
  const selection = wholeRows([number]);
  const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  const { userIds, places, ...rows } = decodeDayFileRows(index, selection, parts, { key });
  invariant(places !== undefined, "rows that are verified come with their places");
  return digestsByGeneration({ ...rows, ...places, users: { ids: userIds } });
}
