import { existsSync, readFileSync } from "node:fs";
import {
  chainVersion,
  dayOf,
  projectId,
  ShaleError,
  specNameOf,
  writerOrdinal,
} from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCatalog, encodeCatalog } from "./catalog-codec.ts";
import type { CatalogDocument } from "./catalog-document.ts";
import { encodeEnvelope } from "./envelope.ts";

const key = "p1/catalog/0000000000000003";
const hex128 = fc.stringMatching(/^[0-9a-f]{32}$/);
const name = fc.stringMatching(/^[!-~][ -~]{0,20}$/);
const time = fc.integer({ min: 0, max: 4e12 });
const seq = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const ordinal = positive.map(writerOrdinal);
const spec = fc.nat(1000).map(specNameOf);
const shards = fc.integer({ min: 1, max: 65_536 });
const day = fc.integer({ min: -1000, max: 50_000 }).map((n) => dayOf(n * 86_400_000));
const ranges = fc.array(fc.record({ from: ordinal, to: ordinal }), { maxLength: 3 });
const vector = {
  positions: fc.dictionary(positive.map(String), fc.record({ n: fc.nat(), lastSeq: seq }), {
    maxKeys: 3,
  }),
  infinite: ranges,
};
const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary);

const catalog: fc.Arbitrary<CatalogDocument> = fc.record<CatalogDocument>({
  project: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/).map(projectId),
  version: positive.map(chainVersion),
  nonces: fc.array(hex128, { minLength: 1, maxLength: 64 }),
  createdMs: time,
  specs: fc.array(
    fc.record({
      spec,
      shards,
      hash: fc.constant("xxh64"),
      createdMs: time,
      closedMs: orNull(time),
    }),
    { maxLength: 3 },
  ),
  live: spec,
  fed: fc.array(spec, { maxLength: 2 }),
  behind: fc.array(
    fc.record({
      spec,
      sinceMs: time,
      catchUp: orNull(fc.record({ operation: name, target: orNull(fc.record(vector)) })),
    }),
    { maxLength: 2 },
  ),
  operation: orNull(
    fc.record({
      id: name,
      source: spec,
      spec,
      strategy: fc.constantFrom("tee", "chunked"),
      state: fc.constantFrom("copying", "teeing", "backfilling", "validating", "finalized"),
      paused: fc.boolean(),
      startedMs: time,
      horizonDay: orNull(day),
      rollbackMs: time,
      finalizedMs: orNull(time),
      token: orNull(name),
      sourceMissed: fc.boolean(),
      throttle: fc.record({
        bytesPerSecond: orNull(positive),
        concurrency: positive,
        window: orNull(fc.constant({ from: "22:00", to: "06:30", timezone: "Europe/Berlin" })),
      }),
      lastError: orNull(fc.record({ atMs: time, code: name, message: fc.string() })),
    }),
  ),
  transitions: fc.array(
    fc.record({
      number: positive,
      operation: name,
      verb: name,
      from: fc.constantFrom("steady", "copying", "teeing"),
      to: fc.constantFrom("teeing", "aborting", "finalized"),
      atMs: time,
      by: fc.string(),
      facts: fc.dictionary(
        fc.stringMatching(/^[a-z][A-Za-z0-9]{0,9}$/),
        fc.oneof(fc.string(), fc.nat(), fc.boolean(), fc.constant(null)),
        { maxKeys: 3 },
      ),
    }),
    { maxLength: 3 },
  ),
  cutPending: orNull(fc.record({ operation: name })),
  cuts: fc.array(fc.record({ generation: positive, operation: name, spec, ...vector }), {
    maxLength: 2,
  }),
  writers: fc.array(
    fc.record({
      ordinal,
      nonce: hex128,
      process: fc.record({
        host: fc.string({ unit: "grapheme" }),
        pid: fc.nat(),
        started: fc.string(),
      }),
      registeredMs: time,
      forgotten: orNull(fc.record({ lastSeq: seq, atMs: time })),
    }),
    { maxLength: 3 },
  ),
  nextOrdinal: positive,
  retired: ranges,
  tombstones: fc.array(
    fc.record({ number: positive, userHash: hex128, seq: positive, atMs: time }),
    { maxLength: 3 },
  ),
  nextTombstone: positive,
  tombstoneKey: hex128,
  loads: fc.array(fc.record({ id: name, ordinal, shards, adoptedMs: time }), { maxLength: 2 }),
  retention: fc.record({ keepMs: orNull(positive), firstDay: orNull(day) }),
  audit: fc.array(fc.record({ atMs: time, what: fc.string(), by: fc.string() }), { maxLength: 3 }),
}) as fc.Arbitrary<CatalogDocument>;

function refusal(act: () => unknown): ShaleError {
  try {
    act();
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error("It was not refused");
}

function exampleInDocs(): string {
  const docs = new URL("../../../docs/formats/catalog.md", import.meta.url);
  const example = /```text\n(shale-catalog [\s\S]*?)```/.exec(readFileSync(docs, "utf8"))?.[1];
  if (example === undefined) throw new Error("docs/formats/catalog.md has no example");
  return example;
}

describe("encodeCatalog() and decodeCatalog()", () => {
  test("give back every catalog as it was", () => {
    fc.assert(
      fc.property(catalog, (document) => {
        expect(decodeCatalog(encodeCatalog(document), { key })).toEqual(document);
      }),
      { numRuns: 200 },
    );
  });

  test("write the same bytes whatever the order of the fields", () => {
    fc.assert(
      fc.property(catalog, (document) => {
        const reversed = Object.fromEntries(Object.entries(document).reverse());
        expect(encodeCatalog(reversed as unknown as CatalogDocument)).toStrictEqual(
          encodeCatalog(document),
        );
      }),
      { numRuns: 20 },
    );
  });

  test("refuse every flipped bit as corrupt, naming the key", () => {
    const bytes = new TextEncoder().encode(exampleInDocs());
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const error = refusal(() => decodeCatalog(flipped, { key }));
      expect(error.code).toBe("OBJECT_CORRUPT");
      expect(error.message).toContain(key);
    }
  });

  test("refuse every shortened and every lengthened document", () => {
    const bytes = new TextEncoder().encode(exampleInDocs());
    for (let length = 0; length < bytes.length; length++) {
      const error = refusal(() => decodeCatalog(bytes.subarray(0, length), { key }));
      expect(error.code).toBe("OBJECT_CORRUPT");
    }
    const longer = new Uint8Array([...bytes, 0x20]);
    expect(refusal(() => decodeCatalog(longer, { key })).code).toBe("OBJECT_CORRUPT");
  });

  test("refuse a newer format version", () => {
    const newer = encodeEnvelope({ kind: "catalog", formatVersion: 3, body: {} });
    const error = refusal(() => decodeCatalog(newer, { key }));
    expect(error.code).toBe("FORMAT_UNKNOWN");
    expect(error.message).toContain(key);
  });

  test("refuse a document of another kind", () => {
    const other = encodeEnvelope({ kind: "heartbeat", formatVersion: 1, body: {} });
    expect(refusal(() => decodeCatalog(other, { key })).code).toBe("OBJECT_CORRUPT");
  });

  test("refuse a missing, an unknown and a mistyped field anywhere, naming its path", () => {
    const document = decodeCatalog(new TextEncoder().encode(exampleInDocs()), { key });
    const cases = damagedCopies(document, "catalog");
    expect(cases.length).toBeGreaterThan(200);
    for (const { body, path } of cases) {
      const bytes = encodeEnvelope({ kind: "catalog", formatVersion: 2, body });
      const error = refusal(() => decodeCatalog(bytes, { key }));
      expect([error.code, path]).toStrictEqual(["OBJECT_CORRUPT", path]);
      expect(error.path).toContain("catalog");
    }
  });

  test("refuse to write what could not be read", () => {
    const document = decodeCatalog(new TextEncoder().encode(exampleInDocs()), { key });
    const wrong = { ...document, nextOrdinal: 0.5 };
    expect(refusal(() => encodeCatalog(wrong)).path).toBe("catalog.nextOrdinal");
  });

  test("still read version 1 as it was committed, from before there were reshards", () => {
    const fixture = new URL("../fixtures/v1/catalog", import.meta.url);
    expect(existsSync(fixture)).toBe(true);
    const document = decodeCatalog(readFileSync(fixture), { key });
    expect([document.project, document.version, document.live]).toStrictEqual(["shop", 3, "A"]);
    expect(document.writers.map((writer) => writer.ordinal)).toStrictEqual([2, 4]);
    expect(document.transitions).toStrictEqual([]);
    expect(document.operation?.throttle).toStrictEqual({
      ...{ bytesPerSecond: null, concurrency: 1, window: null },
    });
    expect(decodeCatalog(encodeCatalog(document), { key })).toStrictEqual(document);
  });

  test("still read version 2 as it was committed, and the example of the docs", () => {
    const fixture = new URL("../fixtures/v2/catalog", import.meta.url);
    const document = decodeCatalog(readFileSync(fixture), { key });
    expect(document.transitions.map(({ verb }) => verb)).toStrictEqual(["begin", "backfill"]);
    expect(Buffer.from(encodeCatalog(document))).toStrictEqual(readFileSync(fixture));
    expect(exampleInDocs()).toBe(readFileSync(fixture, "utf8"));
  });
});

/** One copy for each field: without it, with a wrong type in its place, and with a field too many. */
function damagedCopies(value: unknown, path: string): { body: unknown; path: string }[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, i) =>
      damagedCopies(item, `${path}[${i}]`).map((copy) => ({
        ...copy,
        body: value.with(i, copy.body),
      })),
    );
  }
  const fields: [string, unknown][] = Object.entries(value);
  const copies = fields.flatMap(([field, inner]) => [
    { body: { ...value, [field]: { wrong: [] } }, path: `${path}.${field}` },
    { body: { ...value, [field]: undefined }, path: `${path}.${field}` },
    ...damagedCopies(inner, `${path}.${field}`).map((copy) => ({
      ...copy,
      body: { ...value, [field]: copy.body },
    })),
  ]);
  // In a map a missing entry is no damage, and one more fact is none either.
  const isMap = path.endsWith(".positions") || path.endsWith(".facts");
  const more = { body: { ...value, unknownField: 1 }, path: `${path}.unknownField` };
  return [
    ...(isMap ? copies.filter(({ body }) => JSON.stringify(body).includes("wrong")) : copies),
    ...(path.endsWith(".facts") ? [] : [more]),
  ];
}
