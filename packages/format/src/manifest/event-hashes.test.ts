import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventTest, EVENT_HASHES_MAX, eventHashesOf, isEventHashes } from "./event-hashes.ts";

const names = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 20 });

test("eventHashesOf() tells of every name it was made of, whatever their order", () => {
  fc.assert(
    fc.property(names, (all) => {
      const hashes = eventHashesOf(all) ?? "";
      expect(isEventHashes(hashes)).toBe(true);
      expect(eventHashesOf([...all].reverse())).toBe(hashes);
      for (const name of all) expect(createEventTest(["none of them", name])(hashes)).toBe(true);
    }),
  );
});

test("createEventTest() takes hardly any file for one that has an event it lacks", () => {
  const hashes = eventHashesOf(Array.from({ length: 100 }, (_, n) => `event ${n}`)) ?? "";
  const others = Array.from({ length: 10_000 }, (_, n) => `other ${n}`);
  const taken = others.filter((name) => createEventTest([name])(hashes)).length;
  expect(taken).toBeLessThan(40); // 100 of 65,536 is 15 of 10,000.
  expect(createEventTest([])(hashes)).toBe(false);
});

test("digits of two neighbours are not taken for a hash", () => {
  const [hash = ""] = ["view"].map((name) => eventHashesOf([name]));
  const around = [`00${hash.slice(0, 2)}`, `${hash.slice(2)}00`];
  expect(createEventTest(["view"])(around.join(""))).toBe(false);
  expect(createEventTest(["view"])([...around, hash].sort().join(""))).toBe(true);
});

test("eventHashesOf() tells nothing of too many names", () => {
  const many = Array.from({ length: EVENT_HASHES_MAX + 1 }, (_, n) => `event ${n}`);
  expect(eventHashesOf(many)).toBeUndefined();
  expect(isEventHashes(eventHashesOf(many.slice(1)))).toBe(true);
  for (const wrong of ["", "123", "ABCD", "00020001", "00010001", null, 1]) {
    expect(isEventHashes(wrong)).toBe(false);
  }
});
