import { chainVersion, projectId, specNameOf, tailNumber, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  catalogKey,
  catalogVersionOfKey,
  heartbeatKey,
  manifestPrefix,
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
