import { invariant } from "@shale/model";

/** Distinct or repeated texts as UTF-8: text i is bytes[offsets[i], offsets[i + 1]). */
export interface TextTable {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** count + 1 ascending offsets into `bytes`; the first is 0. */
  readonly offsets: Uint32Array;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const emptyTextTable: TextTable = {
  count: 0,
  bytes: new Uint8Array(0),
  offsets: new Uint32Array(1),
};

export function textBytesAt(table: TextTable, index: number): Uint8Array {
  invariant(index >= 0 && index < table.count, `0 <= text ${index} < ${table.count}`);
  return table.bytes.subarray(table.offsets[index], table.offsets[index + 1]);
}

export function textAt(table: TextTable, index: number): string {
  return decoder.decode(textBytesAt(table, index));
}
