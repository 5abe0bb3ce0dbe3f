import { corrupt, formatUnknown } from "../damage.ts";
import { padded8, viewOf } from "../little-endian.ts";
import {
  CODEC_PLAIN,
  SECTION_HEADER_BYTES,
  type SectionName,
  sectionKinds,
} from "./batch-layout.ts";

/** A section as it was found: `bytes` starts on a multiple of 8 in its buffer. */
export interface FoundSection {
  readonly width: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Reads sections in their order and refuses everything that is out of place. */
export interface SectionCursor {
  /** What is decoded, for messages. */
  readonly source: string;
  /** @throws {ShaleError} OBJECT_CORRUPT unless the next section has this name and these sizes */
  next(name: SectionName, allowed: SectionSizes): FoundSection;
  /** @throws {ShaleError} OBJECT_CORRUPT when bytes are left over */
  end(): void;
}
export interface SectionSizes {
  readonly widths: readonly number[];
  /** Where it is known before. */
  readonly count?: number | undefined;
  /** Bytes of the whole section, where it is not width × count. */
  readonly bytesOf?: ((width: number, count: number) => number) | undefined;
}

function checkZeros(source: string, bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    if (bytes[i] !== 0) throw corrupt(source, `byte ${i} is padding and not zero`);
  }
}

export function openSections(source: string, bytes: Uint8Array, offset: number): SectionCursor {
  const view = viewOf(bytes);
  let at = offset;

  function next(name: SectionName, allowed: SectionSizes): FoundSection {
    if (at + SECTION_HEADER_BYTES > bytes.length) throw corrupt(source, `${name} are cut off`);
    const kind = view.getUint8(at);
    if (kind !== sectionKinds[name]) {
      throw corrupt(source, `byte ${at} starts a section of kind ${kind} and not the ${name}`);
    }
    const width = view.getUint8(at + 1);
    const codec = view.getUint8(at + 2);
    const count = view.getUint32(at + 4, true);
    const plainBytes = view.getUint32(at + 8, true);
    const storedBytes = view.getUint32(at + 12, true);
    if (codec !== CODEC_PLAIN) throw formatUnknown(source, `codec ${codec} of the ${name}`);
    checkZeros(source, bytes, at + 3, at + 4);
    if (!allowed.widths.includes(width)) throw corrupt(source, `${name} have width ${width}`);
    if (allowed.count !== undefined && count !== allowed.count) {
      throw corrupt(source, `there are ${count} ${name} and not ${allowed.count}`);
    }
    const expected = allowed.bytesOf?.(width, count) ?? width * count;
    if (plainBytes !== expected || storedBytes !== plainBytes) {
      throw corrupt(source, `${count} ${name} take ${expected} bytes, not ${plainBytes}`);
    }
    const start = at + SECTION_HEADER_BYTES;
    const end = start + padded8(storedBytes);
    if (end > bytes.length) throw corrupt(source, `${name} are cut off`);
    checkZeros(source, bytes, start + storedBytes, end);
    at = end;
    return { width, count, bytes: bytes.subarray(start, start + storedBytes) };
  }

  function end(): void {
    if (at !== bytes.length) throw corrupt(source, `${bytes.length - at} bytes are left over`);
  }

  return { source, next, end };
}
