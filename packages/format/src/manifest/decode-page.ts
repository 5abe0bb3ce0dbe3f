import { isUtf8 } from "node:buffer";
import { crc32 } from "node:zlib";
import type { Day, ShardId, WriterOrdinal } from "@shale/model";
import { SHARDS_MAX } from "@shale/model";
import { checkVersion, corrupt } from "../damage.ts";
import { alignedBytes, viewOf } from "../little-endian.ts";
import type { DayFileEntry, DayFileGeneration, DayFileSeqs } from "./manifest-document.ts";
import type { PageColumns, PageCounts } from "./page-layout.ts";
import {
  MANIFEST_PAGE_FORMAT_VERSION,
  PAGE_BODY_CRC_AT,
  PAGE_HEADER_BYTES,
  PAGE_HEADER_CRC_AT,
  PAGE_MAGIC,
  pageBytesOf,
  pageColumnsOf,
} from "./page-layout.ts";

/** A decoded page: columns over its bytes, and entries made of them when asked for. */
export interface ManifestPage {
  readonly entryCount: number;
  readonly firstDay: Day;
  readonly lastDay: Day;
  /** By row; ascending. Rows of a day are in the order of shard and id. */
  readonly days: Int32Array;
  readonly shards: Uint32Array;
  /** The entries of rows [start, end), cut at the last, in their order. */
  entries(start: number, end: number): DayFileEntry[];
}

interface PageHeader extends PageCounts {
  readonly firstDay: number;
  readonly lastDay: number;
}

/**
 * The page in these bytes, which must not change afterwards.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 */
export function decodeManifestPage(
  bytes: Uint8Array,
  { key }: { readonly key: string },
): ManifestPage {
  const page = alignedBytes(bytes);
  const header = decodeHeader(page, key);
  const columns = pageColumnsOf(page, header);
  checkColumns(columns, header, key);
  return {
    entryCount: header.entries,
    firstDay: header.firstDay as Day,
    lastDay: header.lastDay as Day,
    days: columns.days,
    shards: columns.shards,
    entries: entryMaker(columns),
  };
}

function decodeHeader(page: Uint8Array, key: string): PageHeader {
  if (page.length < PAGE_HEADER_BYTES) {
    throw corrupt(key, `a page has at least ${PAGE_HEADER_BYTES} bytes, not ${page.length}`);
  }
  const view = viewOf(page);
  if (view.getUint32(0, true) !== PAGE_MAGIC) throw corrupt(key, 'it does not start with "SHLP"');
  if (view.getUint32(PAGE_HEADER_CRC_AT, true) !== crc32(page.subarray(0, PAGE_HEADER_CRC_AT))) {
    throw corrupt(key, "the checksum of its header is wrong");
  }
  const version = view.getUint16(4, true);
  checkVersion(key, version, MANIFEST_PAGE_FORMAT_VERSION);
  const header: PageHeader = {
    entries: view.getUint32(8, true),
    claims: view.getUint32(12, true),
    generations: view.getUint32(16, true),
    seqs: view.getUint32(20, true),
    tokenBytes: view.getUint32(24, true),
    eventHashes: version === 1 ? undefined : view.getUint32(40, true),
    firstDay: view.getInt32(28, true),
    lastDay: view.getInt32(32, true),
  };
  const zeros = [
    view.getUint16(6, true),
    ...(version === 1 ? [40, 44, 48, 52] : [44, 48, 52]).map((at) => view.getUint32(at, true)),
  ];
  const isSound = header.entries > 0 && zeros.every((zero) => zero === 0);
  if (!isSound) throw corrupt(key, "its header contradicts itself");
  const size = pageBytesOf(header);
  if (view.getUint32(36, true) !== size || page.length !== size) {
    throw corrupt(key, `its columns take ${size} bytes, it has ${page.length}`);
  }
  if (crc32(page.subarray(PAGE_HEADER_BYTES)) !== view.getUint32(PAGE_BODY_CRC_AT, true)) {
    throw corrupt(key, "the checksum of its columns is wrong");
  }
  return header;
}

/** What a reader relies on; that the values make sense was checked when they were written. */
function checkColumns(columns: PageColumns, header: PageHeader, key: string): void {
  const { days, shards, claimCodes, numbers } = columns;
  const { entries, claims, generations, seqs, tokenBytes } = header;
  for (let at = 16; at < columns.claims.length; at += 16) {
    const [before, claim] = [columns.claims.subarray(at - 16, at), columns.claims.subarray(at)];
    if (Buffer.compare(before, claim.subarray(0, 16)) >= 0) {
      throw corrupt(key, `claim ${at / 16} is not above the one before it`);
    }
  }
  for (let i = 0; i < entries; i++) {
    if ((claimCodes[i] ?? 0) >= claims) throw corrupt(key, `entry ${i} has no claim`);
    if ((shards[i] ?? 0) >= SHARDS_MAX) throw corrupt(key, `entry ${i} has no shard`);
    if (i === 0) continue;
    const order =
      (days[i] ?? 0) - (days[i - 1] ?? 0) ||
      (shards[i] ?? 0) - (shards[i - 1] ?? 0) ||
      (claimCodes[i] ?? 0) - (claimCodes[i - 1] ?? 0) ||
      (numbers[i] ?? 0) - (numbers[i - 1] ?? 0);
    if (order <= 0) throw corrupt(key, `entry ${i} is not above the one before it`);
  }
  if (days[0] !== header.firstDay || days[entries - 1] !== header.lastDay) {
    throw corrupt(key, "its header names other days");
  }
  checkEnds(columns.generationEnds, generations, key);
  checkEnds(columns.seqEnds, seqs, key);
  checkEnds(columns.tokenEnds, tokenBytes, key);
  checkEnds(columns.eventEnds, header.eventHashes ?? 0, key);
  if (!isUtf8(columns.tokens)) throw corrupt(key, "its tokens are not UTF-8");
}

function checkEnds(ends: Uint32Array, total: number, key: string): void {
  let before = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i] ?? 0;
    if (end < before) throw corrupt(key, `a list of entry ${i} ends before it begins`);
    before = end;
  }
  if (before !== total) throw corrupt(key, `lists end at ${before}, not at ${total}`);
}

/** Text of whole columns is made once, with the first entry, and cut for each. */
function entryMaker(columns: PageColumns): ManifestPage["entries"] {
  let texts: PageTexts | undefined;
  return (start, end) => {
    texts ??= textsOf(columns);
    const entries: DayFileEntry[] = [];
    const stop = Math.min(end, columns.days.length);
    for (let i = start; i < stop; i++) entries.push(entryAt(columns, texts, i));
    return entries;
  };
}

interface PageTexts {
  /** `<claim>-` of each claim. */
  readonly claims: readonly string[];
  readonly digests: string;
  readonly firstPlaces: string;
  readonly lastPlaces: string;
  readonly crcs: string;
  readonly footerCrcs: string;
  readonly eventHashes: string;
  /** All tokens as text; undefined where a character takes more than a byte. */
  readonly tokens: string | undefined;
}

function textsOf(columns: PageColumns): PageTexts {
  const tokens = bufferOf(columns.tokens).toString("utf8");
  const claims = bufferOf(columns.claims).toString("hex");
  return {
    claims: Array.from(
      { length: claims.length / 32 },
      (_, i) => `${claims.slice(32 * i, 32 * i + 32)}-`,
    ),
    digests: bufferOf(columns.digests).toString("hex"),
    firstPlaces: bufferOf(columns.firstPlaces).toString("hex"),
    lastPlaces: bufferOf(columns.lastPlaces).toString("hex"),
    crcs: bufferOf(columns.crcs).toString("hex"),
    footerCrcs: bufferOf(columns.footerCrcs).toString("hex"),
    eventHashes: bufferOf(columns.eventHashes).toString("hex"),
    tokens: tokens.length === columns.tokens.length ? tokens : undefined,
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function entryAt(columns: PageColumns, texts: PageTexts, i: number): DayFileEntry {
  const { eventEnds } = columns;
  const eventsFrom = i === 0 ? 0 : (eventEnds[i - 1] ?? 0);
  const eventHashes = texts.eventHashes.slice(4 * eventsFrom, 4 * (eventEnds[i] ?? 0));
  return {
    id: `${texts.claims[columns.claimCodes[i] ?? 0]}${columns.numbers[i] ?? 0}`,
    shard: (columns.shards[i] ?? 0) as ShardId,
    day: (columns.days[i] ?? 0) as Day,
    bytes: columns.bytes[i] ?? 0,
    crc: texts.crcs.slice(8 * i, 8 * i + 8),
    token: tokenAt(columns, texts, i),
    footerBytes: columns.footerBytes[i] ?? 0,
    footerCrc: texts.footerCrcs.slice(8 * i, 8 * i + 8),
    rows: columns.rows[i] ?? 0,
    clientRows: columns.clientRows[i] ?? 0,
    users: columns.users[i] ?? 0,
    minTimeMs: columns.minTimes[i] ?? 0,
    maxTimeMs: columns.maxTimes[i] ?? 0,
    firstPlace: texts.firstPlaces.slice(16 * i, 16 * i + 16),
    lastPlace: texts.lastPlaces.slice(16 * i, 16 * i + 16),
    distinct: columns.distinct[i] === 1,
    tombstone: columns.tombstones[i] ?? 0,
    generations: generationsAt(columns, texts, i),
    seqs: seqsAt(columns, i),
    ...(eventHashes === "" ? {} : { eventHashes }),
  };
}

function tokenAt({ tokenEnds, tokens }: PageColumns, texts: PageTexts, i: number): string {
  const start = i === 0 ? 0 : (tokenEnds[i - 1] ?? 0);
  const end = tokenEnds[i] ?? 0;
  return texts.tokens?.slice(start, end) ?? bufferOf(tokens).toString("utf8", start, end);
}

function generationsAt(columns: PageColumns, texts: PageTexts, i: number): DayFileGeneration[] {
  const { generationEnds, generations, generationRows } = columns;
  const found: DayFileGeneration[] = [];
  for (let g = i === 0 ? 0 : (generationEnds[i - 1] ?? 0); g < (generationEnds[i] ?? 0); g++) {
    found.push({
      generation: generations[g] ?? 0,
      rows: generationRows[g] ?? 0,
      digest: texts.digests.slice(32 * g, 32 * g + 32),
    });
  }
  return found;
}

function seqsAt(columns: PageColumns, i: number): DayFileSeqs[] {
  const { seqEnds, seqWriters, seqMins, seqMaxes } = columns;
  const found: DayFileSeqs[] = [];
  for (let s = i === 0 ? 0 : (seqEnds[i - 1] ?? 0); s < (seqEnds[i] ?? 0); s++) {
    found.push({
      writer: (seqWriters[s] ?? 0) as WriterOrdinal,
      min: seqMins[s] ?? 0,
      max: seqMaxes[s] ?? 0,
    });
  }
  return found;
}
