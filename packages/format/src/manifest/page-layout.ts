/** "SHLP" read as a little-endian number. The layout is described in docs/formats/manifest.md. */
export const PAGE_MAGIC = 0x504c_4853;
/** Version 2: entries say which events a file has. */
export const MANIFEST_PAGE_FORMAT_VERSION = 2;
export const PAGE_HEADER_BYTES = 64;
export const PAGE_BODY_CRC_AT = 56;
export const PAGE_HEADER_CRC_AT = 60;

/** How many elements the columns of a page have. */
export interface PageCounts {
  readonly entries: number;
  /** Distinct claims that the files are named after. */
  readonly claims: number;
  /** Generations of all entries together. */
  readonly generations: number;
  /** Writers of all entries together. */
  readonly seqs: number;
  /** Bytes of all version tokens together. */
  readonly tokenBytes: number;
  /** Hashes of event names of all entries together; undefined in version 1, which has none. */
  readonly eventHashes: number | undefined;
}

/**
 * The columns of a page, laid over its bytes. Hex digits stand as raw bytes, in the order in which
 * they are written, so that a whole column becomes text in one step.
 */
export interface PageColumns {
  readonly bytes: Float64Array;
  readonly minTimes: Float64Array;
  readonly maxTimes: Float64Array;
  readonly seqWriters: Float64Array;
  readonly seqMins: Float64Array;
  readonly seqMaxes: Float64Array;
  /** 16 bytes each. */
  readonly claims: Uint8Array;
  /** 16 bytes each. */
  readonly digests: Uint8Array;
  /** 8 bytes each. */
  readonly firstPlaces: Uint8Array;
  /** 8 bytes each. */
  readonly lastPlaces: Uint8Array;
  readonly days: Int32Array;
  readonly shards: Uint32Array;
  /** Index in `claims`. */
  readonly claimCodes: Uint32Array;
  readonly numbers: Uint32Array;
  readonly rows: Uint32Array;
  readonly clientRows: Uint32Array;
  readonly users: Uint32Array;
  readonly footerBytes: Uint32Array;
  readonly tombstones: Uint32Array;
  /** Where the entry's generations, seqs, token and event hashes end in their lists. */
  readonly generationEnds: Uint32Array;
  readonly seqEnds: Uint32Array;
  readonly tokenEnds: Uint32Array;
  readonly eventEnds: Uint32Array;
  readonly generations: Uint32Array;
  readonly generationRows: Uint32Array;
  /** 4 bytes each. */
  readonly crcs: Uint8Array;
  /** 4 bytes each. */
  readonly footerCrcs: Uint8Array;
  readonly distinct: Uint8Array;
  /** 2 bytes each. */
  readonly eventHashes: Uint8Array;
  readonly tokens: Uint8Array;
}

/** Size of a page with so many elements: header and columns, nothing between them. */
export function pageBytesOf(counts: PageCounts): number {
  const { entries, claims, generations, seqs, tokenBytes, eventHashes } = counts;
  const columns = 97 * entries + 16 * claims + 24 * generations + 24 * seqs + tokenBytes;
  const events = eventHashes === undefined ? 0 : 4 * entries + 2 * eventHashes;
  return PAGE_HEADER_BYTES + columns + events;
}

/**
 * The columns over `page`, which starts on a multiple of 8 in its buffer and has the size of the
 * counts. Wide elements come first, so that every column is aligned without padding.
 */
export function pageColumnsOf(page: Uint8Array, counts: PageCounts): PageColumns {
  const { buffer, byteOffset } = page;
  const { entries, claims, generations, seqs, tokenBytes, eventHashes } = counts;
  let at = byteOffset + PAGE_HEADER_BYTES;
  function next(bytes: number): number {
    at += bytes;
    return at - bytes;
  }
  const doubles = (count: number) => new Float64Array(buffer, next(8 * count), count);
  const words = (count: number) => new Uint32Array(buffer, next(4 * count), count);
  const raw = (count: number) => new Uint8Array(buffer, next(count), count);
  return {
    bytes: doubles(entries),
    minTimes: doubles(entries),
    maxTimes: doubles(entries),
    seqWriters: doubles(seqs),
    seqMins: doubles(seqs),
    seqMaxes: doubles(seqs),
    claims: raw(16 * claims),
    digests: raw(16 * generations),
    firstPlaces: raw(8 * entries),
    lastPlaces: raw(8 * entries),
    days: new Int32Array(buffer, next(4 * entries), entries),
    shards: words(entries),
    claimCodes: words(entries),
    numbers: words(entries),
    rows: words(entries),
    clientRows: words(entries),
    users: words(entries),
    footerBytes: words(entries),
    tombstones: words(entries),
    generationEnds: words(entries),
    seqEnds: words(entries),
    tokenEnds: words(entries),
    eventEnds: eventHashes === undefined ? new Uint32Array(entries) : words(entries),
    generations: words(generations),
    generationRows: words(generations),
    crcs: raw(4 * entries),
    footerCrcs: raw(4 * entries),
    distinct: raw(entries),
    eventHashes: raw(2 * (eventHashes ?? 0)),
    tokens: raw(tokenBytes),
  };
}
