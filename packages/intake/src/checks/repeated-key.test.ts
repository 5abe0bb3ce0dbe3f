import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyCountBound, repeatedKeyOf } from "./repeated-key.ts";

function keyCountOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const members = Object.values(value);
  const own = Array.isArray(value) ? 0 : members.length;
  return members.reduce((sum: number, member) => sum + keyCountOf(member), own);
}

describe("repeatedKeyOf()", () => {
  test.each([
    ["a", '{"a":1,"a":2}'],
    ["a", '{"a":1,"\\u0061":2}'],
    ["", '{"":1,"":2}'],
    ['"', '{"\\"":1,"\\u0022":2}'],
    ["b", '[{"a":1},{"a":{"b":[],"c":{},"b":1}}]'],
    ["a", '{"a" \t\r\n: {"a":1} , "a"\n:2}'],
    ["__proto__", '{"__proto__":1,"__proto__":2}'],
  ])("finds %j in %s", (key, json) => {
    expect(repeatedKeyOf(json)).toBe(key);
  });

  test.each([
    "1",
    '"a"',
    "{}",
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
    '{"a":"\\":\\"a\\":","b":"\\\\"}',
    '["a","a",{"a":["a","a"]}]',
    '{"a":"x\\\\","b":"\\"a\\":1"}',
  ])("finds none in %s", (json) => {
    expect(repeatedKeyOf(json)).toBeUndefined();
  });
});

describe("keyCountBound()", () => {
  test("is never below the number of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const json = JSON.stringify(value, undefined, space);
        expect(keyCountBound(json)).toBeGreaterThanOrEqual(keyCountOf(JSON.parse(json)));
      }),
      { numRuns: 1000 },
    );
  });

  test("is the number of keys where no string holds a colon", () => {
    const stringUnit = fc.constantFrom("a", "é", " ", '"', "\\", "\n", "{", ",");
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit }), fc.constantFrom(undefined, 1), (value, space) => {
        const json = JSON.stringify(value, undefined, space);
        expect(keyCountBound(json)).toBe(keyCountOf(JSON.parse(json)));
      }),
      { numRuns: 1000 },
    );
  });
});
