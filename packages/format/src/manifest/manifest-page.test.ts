import { crc32 } from "node:zlib";
import { ShaleError } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryEntries, exampleEntries } from "../../test/manifests.ts";
import { compareEntries, numberOfOutput } from "./day-file-id.ts";
import { decodeManifestPage } from "./decode-page.ts";
import { encodeManifestPage } from "./encode-page.ts";

const key = "shop/spec=A/page/0000000000000000/00112233445566778899aabbccddeeff-0";

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    expect(error.message).toContain(key);
    return error.code;
  }
  return "none";
}

/** The page with `bytes` at `offset`, and checksums that fit. */
function resummed(page: Uint8Array, offset: number, bytes: readonly number[]): Uint8Array {
  const changed = page.slice();
  changed.set(bytes, offset);
  const view = new DataView(changed.buffer);
  view.setUint32(56, crc32(changed.subarray(64)), true);
  view.setUint32(60, crc32(changed.subarray(0, 60)), true);
  return changed;
}

describe("manifest pages", () => {
  test("give back every entry as it was, by day, shard and id", () => {
    fc.assert(
      fc.property(arbitraryEntries(8, 1), (entries) => {
        const bytes = encodeManifestPage(entries);
        const page = decodeManifestPage(bytes, { key });
        const sorted = [...entries].sort(compareEntries);
        expect(page.entries(0, page.entryCount)).toEqual(sorted);
        expect(page.entries(1, 3)).toEqual(sorted.slice(1, 3));
        expect([...page.days]).toEqual(sorted.map(({ day }) => day));
        expect([...page.shards]).toEqual(sorted.map(({ shard }) => shard));
        expect([page.firstDay, page.lastDay]).toEqual([sorted[0]?.day, sorted.at(-1)?.day]);
        expect(encodeManifestPage([...entries].reverse())).toEqual(bytes);
      }),
      { numRuns: 150 },
    );
  });

  test("order the files of one job by number, and not as text", () => {
    const [entry] = exampleEntries();
    const claim = "00112233445566778899aabbccddeeff";
    const entries = [10, 2, 0, 1].map((n) => ({ ...entry!, id: `${claim}-${n}` }));
    const page = decodeManifestPage(encodeManifestPage(entries), { key });
    expect(page.entries(0, 4).map(({ id }) => numberOfOutput(id))).toEqual([0, 1, 2, 10]);
  });

  test("are refused for every flipped bit, and for every other length", () => {
    const bytes = encodeManifestPage(exampleEntries());
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(codeOf(() => decodeManifestPage(flipped, { key }))).toBe("OBJECT_CORRUPT");
    }
    for (let size = 0; size < bytes.length; size++) {
      const shorter = bytes.slice(0, size);
      expect(codeOf(() => decodeManifestPage(shorter, { key }))).toBe("OBJECT_CORRUPT");
    }
    const longer = new Uint8Array([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(codeOf(() => decodeManifestPage(longer, { key }))).toBe("OBJECT_CORRUPT");
  });

  test("are refused where the columns, rightly summed, contradict each other", () => {
    const bytes = encodeManifestPage(exampleEntries());
    const words = 64 + 3 * 24 + 5 * 24 + 2 * 16 + 4 * 16 + 3 * 16;
    const changes: [name: string, offset: number, bytes: readonly number[]][] = [
      ["no entries", 8, [0]],
      ["an entry more", 8, [4]],
      ["zeros", 44, [1]],
      ["an event more", 40, [4]],
      ["the first day", 28, [1]],
      ["the size", 36, [1]],
      ["claims that do not ascend", 64 + 3 * 24 + 3 * 40, [0xff]],
      ["days that fall", words, [0xfb]],
      ["a shard too great", words + 12 + 2, [1]],
      ["a claim that is not there", words + 24, [9]],
      ["the same file twice", words + 16, [3, 0, 0, 0]],
      ["generations that end too late", words + 9 * 12 + 8, [9]],
      ["seqs that end before they begin", words + 10 * 12, [9]],
      ["tokens that end too late", words + 11 * 12 + 8, [9]],
      ["events that end too late", words + 12 * 12 + 8, [9]],
      ["tokens that are not UTF-8", bytes.length - 1, [0xff]],
    ];
    for (const [name, offset, changed] of changes) {
      const wrong = resummed(bytes, offset, changed);
      if (name === "the same file twice") wrong.set([0, 0, 0, 0], words + 40);
      const page = name === "the same file twice" ? resummed(wrong, 0, [0x53]) : wrong;
      expect(
        codeOf(() => decodeManifestPage(page, { key })),
        name,
      ).toBe("OBJECT_CORRUPT");
    }
  });

  test("of a later version are refused as such", () => {
    const newer = resummed(encodeManifestPage(exampleEntries()), 4, [3]);
    expect(codeOf(() => decodeManifestPage(newer, { key }))).toBe("FORMAT_UNKNOWN");
  });

  test("are not written without entries, with an id twice, or with what could not be read", () => {
    const [entry] = exampleEntries();
    expect(() => encodeManifestPage([])).toThrow(/an entry at least/);
    expect(() => encodeManifestPage([entry!, entry!])).toThrow(/once/);
    expect(() => encodeManifestPage([{ ...entry!, crc: "x" }])).toThrow(/entries\[0\].crc/);
    expect(() => encodeManifestPage([{ ...entry!, seqs: [] }])).toThrow(/seqs/);
  });

  test("are read whole in little time", () => {
    const [entry] = exampleEntries();
    const claim = "00112233445566778899aabbccddeeff";
    const entries = Array.from({ length: 10_000 }, (_, n) => ({ ...entry!, id: `${claim}-${n}` }));
    const bytes = encodeManifestPage(entries);
    const page = decodeManifestPage(bytes, { key });
    expect(page.entries(0, page.entryCount)).toEqual(entries);
    expect(bytes.length / entries.length).toBeLessThan(200);
  });
});
