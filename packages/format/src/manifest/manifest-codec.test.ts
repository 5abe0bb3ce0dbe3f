import { readFileSync } from "node:fs";
import { dayOf, ShaleError } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arbitraryManifest,
  exampleEntries,
  exampleManifest,
  manifestExampleText,
  pageExampleBytes,
  withoutEvents,
} from "../../test/manifests.ts";
import { encodeRowsEnvelope } from "../envelope.ts";
import { decodeManifestPage } from "./decode-page.ts";
import { encodeManifestPage } from "./encode-page.ts";
import { decodeManifest, encodeManifest } from "./manifest-codec.ts";
import type { ManifestCopy, ManifestDocument } from "./manifest-document.ts";

const key = "shop/spec=A/manifest/0000000000000000/0000000000000003";

function refusal(act: () => unknown): ShaleError {
  try {
    act();
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error("It was not refused");
}

describe("encodeManifest() and decodeManifest()", () => {
  test("give back every manifest as it was", () => {
    fc.assert(
      fc.property(arbitraryManifest, (manifest) => {
        expect(decodeManifest(encodeManifest(manifest), { key })).toEqual(manifest);
      }),
      { numRuns: 100 },
    );
  });

  test("write the same bytes whatever the order of the fields", () => {
    const manifest = exampleManifest();
    const reversed = Object.fromEntries(Object.entries(manifest).reverse());
    expect(encodeManifest(reversed as unknown as ManifestDocument)).toStrictEqual(
      encodeManifest(manifest),
    );
  });

  test("refuse every flipped bit and every other length as corrupt, naming the key", () => {
    const bytes = encodeManifest(exampleManifest());
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const error = refusal(() => decodeManifest(flipped, { key }));
      expect(error.code).toBe("OBJECT_CORRUPT");
      expect(error.message).toContain(key);
    }
    for (let length = 0; length < bytes.length; length += 7) {
      const error = refusal(() => decodeManifest(bytes.subarray(0, length), { key }));
      expect(error.code).toBe("OBJECT_CORRUPT");
    }
  });

  test("refuse a newer format version and another kind", () => {
    const newer = encodeRowsEnvelope({ kind: "manifest", formatVersion: 3, body: {} });
    expect(refusal(() => decodeManifest(newer, { key })).code).toBe("FORMAT_UNKNOWN");
    const other = encodeRowsEnvelope({ kind: "catalog", formatVersion: 1, body: {} });
    expect(refusal(() => decodeManifest(other, { key })).code).toBe("OBJECT_CORRUPT");
  });

  test("refuse a missing, an unknown and a mistyped field or member of a row anywhere", () => {
    const text = new TextDecoder().decode(encodeManifest(exampleManifest()));
    const body: object = JSON.parse(text.slice(text.indexOf("\n")));
    const copies = damagedCopies(body);
    expect(copies.length).toBeGreaterThan(150);
    for (const damaged of copies) {
      const copy: object = JSON.parse(JSON.stringify(damaged)); // What is undefined is missing.
      const bytes = encodeRowsEnvelope({
        kind: "manifest",
        formatVersion: 2,
        body: copy,
      });
      const error = refusal(() => decodeManifest(bytes, { key }));
      expect(error.code).toBe("OBJECT_CORRUPT");
      expect(error.path).toContain("manifest");
    }
  });

  test("refuse to write what could not be read", () => {
    const manifest = exampleManifest();
    const [entry] = manifest.added;
    const wrongs = [
      [{ ...entry!, id: "x" }, "manifest.added[0].id"],
      [{ ...entry!, shard: 65_536 }, "manifest.added[0].shard"],
      [{ ...entry!, crc: "ABCDEF01" }, "manifest.added[0].crc"],
      [{ ...entry!, rows: 0 }, "manifest.added[0].rows"],
      [{ ...entry!, minTimeMs: 0.5 }, "manifest.added[0].minTimeMs"],
      [{ ...entry!, eventHashes: "00020001" }, "manifest.added[0].eventHashes"],
      [{ ...entry!, eventHashes: "" }, "manifest.added[0].eventHashes"],
      [{ ...entry!, generations: [] }, "manifest.added[0].generations"],
      [{ ...entry!, seqs: [...entry!.seqs].reverse() }, "manifest.added[0].seqs"],
    ] as const;
    for (const [wrong, path] of wrongs) {
      const added = [wrong as unknown as ManifestDocument["added"][0]];
      expect(refusal(() => encodeManifest({ ...manifest, added })).path).toBe(path);
    }
  });
});

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

describe("manifests of format version 1 stay readable", () => {
  test("manifest", () => {
    const manifest = exampleManifest();
    const pages = manifest.pages.map((page) => ({ ...page, bytes: 609 }));
    const added = manifest.added.map(withoutEvents);
    const wanted = { ...manifest, pages, added };
    expect(decodeManifest(fixture("v1/manifest"), { key })).toStrictEqual(wanted);
    // What is read of version 1 is written as version 2, and still tells no events.
    expect(decodeManifest(encodeManifest(wanted), { key })).toStrictEqual(wanted);
  });

  test("manifest-page.bin", () => {
    const page = decodeManifestPage(fixture("v1/manifest-page.bin"), { key });
    const wanted = exampleEntries().map(withoutEvents);
    expect(page.entries(0, page.entryCount)).toStrictEqual(wanted);
    const again = decodeManifestPage(encodeManifestPage(wanted), { key });
    expect(again.entries(0, 3)).toStrictEqual(wanted);
  });

  test("a row of either version is refused in the other", () => {
    const text = fixture("v1/manifest").toString("utf8");
    const body: object = JSON.parse(text.slice(text.indexOf("\n")));
    const copies = encodeRowsEnvelope({ kind: "manifest", formatVersion: 2, body });
    expect(refusal(() => decodeManifest(copies, { key })).path).toBe("manifest.copied[0]");
    const uncopied = { ...body, copied: [] };
    const wrong = encodeRowsEnvelope({ kind: "manifest", formatVersion: 2, body: uncopied });
    expect(refusal(() => decodeManifest(wrong, { key })).path).toBe("manifest.added[0]");
  });
});

test("what a reshard has copied takes little room: a line for each vector", () => {
  const { copied, ...manifest } = exampleManifest();
  const [{ day, vector }] = copied as [ManifestCopy];
  const days = Array.from({ length: 1_000 }, (_, i) => dayOf((day + i) * 86_400_000));
  const shards = Array.from({ length: 64 }, (_, i) => 800 + i);
  const all = days.flatMap((one) => shards.map((shard) => ({ shard, day: one, vector })));
  const bytes = encodeManifest({ ...manifest, copied: all });
  expect(bytes.length).toBeLessThan(25_000);
  expect(decodeManifest(bytes, { key }).copied).toEqual(all);
});

describe("manifests of format version 2 stay readable", () => {
  test("manifest, and the example of the docs", () => {
    const bytes = fixture("v2/manifest");
    expect(decodeManifest(bytes, { key })).toEqual(exampleManifest());
    expect(Buffer.from(encodeManifest(exampleManifest()))).toEqual(bytes);
    expect(manifestExampleText()).toBe(bytes.toString("utf8"));
  });

  test("manifest-page.bin, and the bytes of the docs", () => {
    const bytes = fixture("v2/manifest-page.bin");
    const page = decodeManifestPage(bytes, { key });
    expect(page.entries(0, page.entryCount)).toEqual(exampleEntries());
    expect(Buffer.from(encodeManifestPage(exampleEntries()))).toEqual(bytes);
    expect(Buffer.from(pageExampleBytes())).toEqual(bytes);
  });
});

/** One copy for each field or member: without it, with a wrong type, and with one too many. */
function damagedCopies(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) {
    const inner = value.flatMap((item: unknown, i) => [
      value.with(i, { wrong: [] }),
      ...damagedCopies(item).map((copy) => value.with(i, copy) as unknown),
    ]);
    // Rows have a fixed length; lists of a document may have any.
    const isRow = value.length > 2 && typeof value[0] !== "object" && typeof value[1] === "number";
    return isRow ? [...inner, value.slice(1), [...value, 1]] : inner;
  }
  const fields: [string, unknown][] = Object.entries(value);
  const isMap = fields.every(([name]) => /^[0-9]+$/.test(name));
  return [
    { ...value, unknownField: 1 },
    ...fields.flatMap(([name, item]) => [
      { ...value, [name]: { wrong: [] } },
      ...(isMap ? [] : [{ ...value, [name]: undefined }]),
      ...damagedCopies(item).map((copy) => ({ ...value, [name]: copy })),
    ]),
  ];
}
