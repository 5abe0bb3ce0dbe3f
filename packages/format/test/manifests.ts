import { readFileSync } from "node:fs";
import { chainVersion, dayOf, projectId, shardId, specNameOf, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { copiedRowsOf, copiedShape } from "../src/manifest/copied-rows.ts";
import { eventHashesOf } from "../src/manifest/event-hashes.ts";
import type { DayFileEntry, ManifestDocument } from "../src/manifest/manifest-document.ts";

const DAY_MS = 86_400_000;
const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const some = fc.integer({ min: 1, max: 0xffff_ffff });
const whole = fc.nat({ max: 2 ** 31 - 1 });
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const day = fc.integer({ min: -1000, max: 50_000 }).map((n) => dayOf(n * DAY_MS));
const outputId = fc
  .tuple(hex(32), fc.nat({ max: 999_999_999 }))
  .map(([claim, number]) => `${claim}-${number}`);
const token = fc.oneof(fc.stringMatching(/^[ -~]{0,20}$/), fc.string({ unit: "grapheme" }));

const eventHashes = fc
  .uniqueArray(hex(4), { minLength: 1, maxLength: 6 })
  .map((hashes) => hashes.sort().join(""));

const entryFields = {
  id: outputId,
  shard: fc.nat({ max: 65_535 }).map((shard) => shardId(shard, 65_536)),
  day,
  bytes: seq,
  crc: hex(8),
  token,
  footerBytes: some,
  footerCrc: hex(8),
  rows: some,
  clientRows: whole,
  users: whole,
  minTimeMs: fc.maxSafeInteger(),
  maxTimeMs: fc.maxSafeInteger(),
  firstPlace: hex(16),
  lastPlace: hex(16),
  distinct: fc.boolean(),
  tombstone: whole,
  generations: fc
    .uniqueArray(fc.record({ generation: whole, rows: some, digest: hex(32) }), {
      selector: ({ generation }) => generation,
      minLength: 1,
      maxLength: 3,
    })
    .map((rows) => rows.sort((a, b) => a.generation - b.generation)),
  seqs: fc
    .uniqueArray(fc.record({ writer: seq.map(writerOrdinal), from: seq, to: seq }), {
      selector: ({ writer }) => writer,
      minLength: 1,
      maxLength: 3,
    })
    .map((rows) =>
      rows
        .sort((a, b) => a.writer - b.writer)
        .map(({ writer, from, to }) => ({
          writer,
          min: Math.min(from, to),
          max: Math.max(from, to),
        })),
    ),
};

export const arbitraryEntry: fc.Arbitrary<DayFileEntry> = fc.oneof(
  fc.record({ ...entryFields, eventHashes }),
  fc.record(entryFields),
);

export const arbitraryEntries = (maxLength: number, minLength = 0) =>
  fc.uniqueArray(arbitraryEntry, { selector: ({ id }) => id, minLength, maxLength });

const position = fc.record({ n: fc.nat(), lastSeq: fc.maxSafeNat() });
const range = fc.record({ from: seq.map(writerOrdinal), to: seq.map(writerOrdinal) });
const vector = fc.record({
  positions: fc.dictionary(seq.map(String), position, { maxKeys: 3 }),
  infinite: fc.array(range, { maxLength: 2 }),
});

export const arbitraryManifest: fc.Arbitrary<ManifestDocument> = fc.record({
  project: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/).map(projectId),
  spec: fc.nat(1000).map(specNameOf),
  group: fc.nat({ max: 1023 }),
  version: seq.map(chainVersion),
  nonces: fc.array(hex(32), { minLength: 1, maxLength: 64 }),
  closedMs: fc.option(fc.maxSafeNat()),
  watermarks: vector,
  claims: fc.array(
    fc.record({
      id: hex(32),
      kind: fc.constantFrom("drain", "merge", "purge", "expire", "copy", "fold"),
      owner: fc.record({ host: fc.string(), pid: fc.nat(), started: fc.string() }),
      startedMs: fc.maxSafeNat(),
      inputs: fc.array(outputId, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  committed: fc.array(hex(32), { maxLength: 64 }),
  // In the order in which they are read back.
  copied: fc
    .uniqueArray(fc.record({ shard: fc.nat({ max: 65_535 }), day, vector }), {
      maxLength: 4,
      selector: (copy) => `${copy.shard}/${copy.day}`,
    })
    .map((copies) => copiedShape(copiedRowsOf(copies), { key: "copies", path: "copied" })),
  base: fc.option(vector),
  pages: fc.array(
    fc.record({
      id: outputId,
      firstDay: day,
      lastDay: day,
      entryCount: some,
      bytes: some,
      crc: hex(8),
    }),
    { maxLength: 3 },
  ),
  added: arbitraryEntries(4),
  removed: fc.array(outputId, { maxLength: 4 }),
  written: fc.record({
    drainedRows: fc.maxSafeNat(),
    drainedBytes: fc.maxSafeNat(),
    rewrittenRows: fc.maxSafeNat(),
    rewrittenBytes: fc.maxSafeNat(),
    commits: fc.maxSafeNat(),
  }),
}) as fc.Arbitrary<ManifestDocument>;

/** As version 1 had it: no entry says which events its file has. */
export function withoutEvents({ eventHashes: _hashes, ...entry }: DayFileEntry): DayFileEntry {
  return entry;
}

/**
 * Two files of one drain and one of an earlier one, as docs/formats/manifest.md shows them. The
 * first has the events "buy" and "view", the second "view"; of the third nothing is told.
 */
export function exampleEntries(): readonly DayFileEntry[] {
  const entry: DayFileEntry = {
    id: "5b9d3c1e7f2a48c0b6d5e4f3a2b1c0d9-0",
    shard: shardId(3, 64),
    day: dayOf(20_730 * DAY_MS),
    bytes: 48_213,
    crc: "1badb002",
    token: "a1",
    footerBytes: 2_134,
    footerCrc: "cafe0123",
    rows: 1_000,
    clientRows: 990,
    users: 120,
    minTimeMs: 1_791_072_000_000,
    maxTimeMs: 1_791_158_399_999,
    firstPlace: "0000000000000001",
    lastPlace: "fffffffffffffff0",
    distinct: false,
    tombstone: 0,
    generations: [{ generation: 0, rows: 1_000, digest: "00112233445566778899aabbccddeeff" }],
    seqs: [
      { writer: writerOrdinal(2), min: 870_000_000_000_001, max: 871_000_000_000_000 },
      { writer: writerOrdinal(4), min: 870_500_000_000_000, max: 870_500_000_000_007 },
    ],
  };
  const second = { id: "5b9d3c1e7f2a48c0b6d5e4f3a2b1c0d9-1", shard: shardId(7, 64), token: "a2" };
  return [
    { ...entry, eventHashes: eventHashesOf(["buy", "view"]) },
    { ...entry, ...second, eventHashes: eventHashesOf(["view"]) },
    {
      ...entry,
      id: "0f6f1f0c4b8f4ad2a1e4f6a3c9d20711-0",
      day: dayOf(20_731 * DAY_MS),
      distinct: true,
      tombstone: 2,
      generations: [
        { generation: 0, rows: 400, digest: "00000000000000000000000000000001" },
        { generation: 1, rows: 600, digest: "ffffffffffffffffffffffffffffffff" },
      ],
      seqs: [{ writer: writerOrdinal(2), min: 869_000_000_000_001, max: 871_000_000_000_000 }],
      token: "b1",
    },
  ];
}

/** A group in the middle of a merge and a fold, as docs/formats/manifest.md shows it. */
export function exampleManifest(): ManifestDocument {
  const owner = { host: "web-1", pid: 4242, started: "8812345" };
  const [first, second, third] = exampleEntries();
  const [claim, fold] = ["c41d8e0b92f74a35b0e6d7c8a9f01234", "77aa00bb11cc22dd33ee44ff55006677"];
  const drained = "5b9d3c1e7f2a48c0b6d5e4f3a2b1c0d9";
  const infinite = [{ from: writerOrdinal(1), to: writerOrdinal(1) }];
  if (first === undefined || second === undefined || third === undefined) throw new Error("three");
  return {
    project: projectId("shop"),
    spec: specNameOf(1),
    group: 0,
    version: chainVersion(3),
    nonces: [drained, fold, claim].map((nonce) => nonce.replace(/^../, "00")),
    closedMs: null,
    watermarks: {
      positions: {
        "2": { n: 18, lastSeq: 871_000_000_000_000 },
        "4": { n: 3, lastSeq: 870_500_000_000_007 },
      },
      infinite,
    },
    claims: [
      { id: claim, kind: "merge", owner, startedMs: 1_791_158_400_000, inputs: [first.id] },
      { id: fold, kind: "fold", owner, startedMs: 1_791_158_401_000, inputs: [] },
    ],
    committed: [drained, "0f6f1f0c4b8f4ad2a1e4f6a3c9d20711"],
    copied: [
      {
        shard: 3,
        day: first.day,
        vector: { positions: { "2": { n: 17, lastSeq: 870_000_000_000_000 } }, infinite },
      },
    ],
    base: null,
    pages: [
      {
        id: "aa000000000000000000000000000001-0",
        firstDay: dayOf(20_727 * DAY_MS),
        lastDay: dayOf(20_731 * DAY_MS),
        entryCount: 3,
        bytes: 627,
        crc: "5eed5eed",
      },
    ],
    added: [first, third],
    removed: ["bb000000000000000000000000000002-5"],
    written: {
      drainedRows: 4_000,
      drainedBytes: 192_852,
      rewrittenRows: 1_000,
      rewrittenBytes: 48_213,
      commits: 2,
    },
  };
}

const document = (): string =>
  readFileSync(new URL("../../../docs/formats/manifest.md", import.meta.url), "utf8");

/** The manifest that docs/formats/manifest.md shows. */
export function manifestExampleText(): string {
  return /```text\n(shale-manifest [\s\S]*?)```/.exec(document())?.[1] ?? "";
}

/** The bytes of its hex dump; each line stands at the offset that it names. */
export function pageExampleBytes(): Uint8Array {
  const block = /```hex\n([\s\S]*?)\n```/.exec(document())?.[1] ?? "";
  const bytes: number[] = [];
  for (const line of block.split("\n")) {
    const [, offset = "", digits = ""] =
      /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} )+) *\|/.exec(line) ?? [];
    if (Number.parseInt(offset, 16) !== bytes.length) throw new Error(`Wrong offset: ${line}`);
    bytes.push(
      ...digits
        .trim()
        .split(" ")
        .map((digit) => Number.parseInt(digit, 16)),
    );
  }
  return Uint8Array.from(bytes);
}
