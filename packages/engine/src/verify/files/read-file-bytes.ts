import { crc32 } from "node:zlib";
import type { DayFileEntry, DayFileRange } from "@shale/format";
import type { VerifyContext } from "../verify-context.ts";

/** Read at once. Longer files are read twice with `full`, in pieces of this size. */
const PIECE_BYTES = 33_554_432;

/** A whole day file that was read once. */
export interface FileBytes {
  readonly size: number;
  /** The store's token of its content. */
  readonly token: string;
  /** Of the whole object, 8 hex digits. */
  readonly crc: string;
  /** Its last bytes, as many as the entry says. */
  readonly footer: Uint8Array;
  /** undefined when it has gone since. */
  read(range: DayFileRange): Promise<Uint8Array | undefined>;
}

/** Reads the object to its end, a piece at a time; undefined when it is not there. */
export async function readFileBytes(
  { env, progress, signal }: VerifyContext,
  key: string,
  { footerBytes }: Pick<DayFileEntry, "footerBytes">,
): Promise<FileBytes | undefined> {
  const first = await env.store.get(key, { signal, range: { offset: 0, length: PIECE_BYTES } });
  if (first === undefined) return undefined;
  const { size, version: token } = first;
  progress.add(first.bytes.length);
  let crc = crc32(first.bytes);
  for (let offset = first.bytes.length; offset < size; ) {
    const piece = await env.store.get(key, { signal, range: { offset, length: PIECE_BYTES } });
    if (piece === undefined || piece.bytes.length === 0) return undefined;
    crc = crc32(piece.bytes, crc);
    offset += piece.bytes.length;
    progress.add(piece.bytes.length);
  }
  const isWhole = first.bytes.length === size;
  async function read({ offset, length }: DayFileRange): Promise<Uint8Array | undefined> {
    if (isWhole) return first?.bytes.subarray(offset, offset + length);
    return (await env.store.get(key, { signal, range: { offset, length } }))?.bytes;
  }
  const length = Math.min(footerBytes, size);
  const footer = await read({ offset: size - length, length });
  return footer === undefined ? undefined : { size, token, crc: textOf(crc), footer, read };
}

export function textOf(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
