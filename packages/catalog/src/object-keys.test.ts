import {
  chainVersion,
  dayOf,
  projectId,
  shardId,
  specNameOf,
  tailNumber,
  writerOrdinal,
} from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  catalogKey,
  catalogVersionOfKey,
  dayFileKey,
  dayFilePlaceOfKey,
  dayFilePrefix,
  heartbeatKey,
  manifestKey,
  manifestPlaceOfKey,
  manifestPrefix,
  manifestsPrefix,
  pageKey,
  pagePlaceOfKey,
  pagePrefix,
  projectOfKey,
  tailKey,
  tailPlaceOfKey,
  tailPrefix,
} from "./object-keys.ts";

const shop = projectId("shop");

test("keys stand as docs and operators see them", () => {
  expect(catalogKey(shop, chainVersion(12))).toBe("shop/catalog/0000000000000012");
  expect(tailKey(shop, writerOrdinal(3), tailNumber(45))).toBe(
    "shop/tail/0000000000000003/0000000000000045",
  );
  expect(tailPrefix(shop, writerOrdinal(3))).toBe("shop/tail/0000000000000003/");
  expect(heartbeatKey(shop, writerOrdinal(3))).toBe("shop/writers/0000000000000003");
  expect(manifestPrefix(shop, specNameOf(1), 0)).toBe("shop/spec=B/manifest/0000000000000000/");
});

test("keys sort as their numbers do, and are read back", () => {
  const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(number, number, number, (writer, a, b) => {
      const [one, other] = [a, b].map((n) => tailKey(shop, writerOrdinal(writer), tailNumber(n)));
      expect(Math.sign(one!.localeCompare(other!, "en"))).toBe(Math.sign(a - b));
      expect(tailPlaceOfKey(one!)).toEqual({ project: "shop", writer, n: a });
      expect(catalogVersionOfKey(catalogKey(shop, chainVersion(a)))).toBe(a);
      expect(projectOfKey(one!)).toBe("shop");
    }),
  );
});

test("other names are no keys of the store", () => {
  const names = [
    "shop",
    "UPPER/catalog/0000000000000001",
    "shop/catalog/1",
    "shop/catalog/0000000000000000",
    "shop/catalog/9999999999999999",
    "shop/catalog/0000000000000001/x",
    "shop/catalog/000000000000001x",
  ];
  for (const name of names) expect(catalogVersionOfKey(name)).toBeUndefined();
  expect(projectOfKey("shop")).toBeUndefined();
  expect(projectOfKey("-/x")).toBeUndefined();
  const tail = "shop/tail/0000000000000001";
  for (const name of [tail, `${tail}/x`, `${tail}/0000000000000001/x`, "shop/tail/1/1"]) {
    expect(tailPlaceOfKey(name)).toBeUndefined();
  }
});

const claim = "00112233445566778899aabbccddeeff";
const spec = specNameOf(27);

test("manifests, pages and day files stand where docs say", () => {
  const day = dayOf(Date.UTC(2026, 9, 3));
  expect(manifestKey(shop, spec, 2, chainVersion(7))).toBe(
    "shop/spec=AB/manifest/0000000000000002/0000000000000007",
  );
  expect(pageKey(shop, spec, 0, `${claim}-12`)).toBe(
    `shop/spec=AB/page/0000000000000000/${claim}-12`,
  );
  expect(dayFileKey(shop, spec, { shard: shardId(63, 64), day, id: `${claim}-0` })).toBe(
    `shop/spec=AB/shard=63/day=2026-10-03/${claim}-0.parquet`,
  );
  const place = { shard: shardId(0, 64), id: `${claim}-0` };
  const early = dayFileKey(shop, spec, { ...place, day: dayOf(Date.UTC(-44, 2, 15)) });
  expect(early).toContain("/day=-000044-03-15/");
  const late = dayFileKey(shop, spec, { ...place, day: dayOf(Date.UTC(12_026, 0, 1)) });
  expect(late).toContain("/day=012026-01-01/");
});

test("keys of manifests, pages and day files are read back", () => {
  const place = fc.record({
    group: fc.nat({ max: 1023 }),
    version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    shard: fc.nat({ max: 65_535 }),
    day: fc.integer({ min: -100_000_000, max: 100_000_000 }),
    number: fc.nat({ max: 999_999_999 }),
  });
  fc.assert(
    fc.property(place, ({ group, version: n, shard: s, day: d, number }) => {
      const [version, id] = [chainVersion(n), `${claim}-${number}`];
      const [shard, day] = [shardId(s, 65_536), dayOf(d * 86_400_000)];
      const manifest = manifestKey(shop, spec, group, version);
      expect(manifest.startsWith(manifestsPrefix(shop, spec))).toBe(true);
      expect(manifestPlaceOfKey(manifest)).toEqual({ project: shop, spec, group, version });
      const page = pageKey(shop, spec, group, id);
      expect(page.startsWith(pagePrefix(shop, spec, group))).toBe(true);
      expect(page.startsWith(pagePrefix(shop, spec))).toBe(true);
      expect(pagePlaceOfKey(page)).toEqual({ project: shop, spec, group, id });
      const file = dayFileKey(shop, spec, { shard, day, id });
      expect(file.startsWith(dayFilePrefix(shop, spec))).toBe(true);
      expect(dayFilePlaceOfKey(file)).toEqual({ project: shop, spec, shard, day, id });
      for (const key of [manifest, page, file]) {
        const places = [manifestPlaceOfKey(key), pagePlaceOfKey(key), dayFilePlaceOfKey(key)];
        expect(places.filter((found) => found !== undefined).length).toBe(1);
        expect(tailPlaceOfKey(key) ?? catalogVersionOfKey(key)).toBeUndefined();
      }
    }),
  );
});

test("what is not quite such a key is none", () => {
  const file = `shop/spec=A/shard=1/day=2026-10-03/${claim}-0.parquet`;
  expect(dayFilePlaceOfKey(file)).toBeDefined();
  for (const [part, other] of [
    ["shard=1", "shard=01"],
    ["shard=1", "shard=65536"],
    ["shard=1", "shard="],
    ["2026-10-03", "2026-02-30"],
    ["2026-10-03", "2026-10-3"],
    ["-0.parquet", "-00.parquet"],
    ["-0.parquet", "-0"],
    ["-0.parquet", "-0.parquet.part"],
    [".parquet", ".parquet/x"],
    ["spec=A", "spec=a"],
    ["00112233", "0011223G"],
    ["shop/", "Shop/"],
  ] as const) {
    expect(dayFilePlaceOfKey(file.replace(part, other)), other).toBeUndefined();
  }
  const page = `shop/spec=A/page/0000000000000000/${claim}-0`;
  for (const key of [`${page}/x`, page.replace("-0", ""), page.replace("/00000", "/0000")]) {
    expect(pagePlaceOfKey(key), key).toBeUndefined();
  }
  const manifest = "shop/spec=A/manifest/0000000000000000/0000000000000000";
  for (const key of [manifest, `${manifest}1`, manifest.slice(0, -17)]) {
    expect(manifestPlaceOfKey(key), key).toBeUndefined();
  }
});
