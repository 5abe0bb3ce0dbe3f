import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exceedsJsonBytes } from "./json-size.ts";

describe("exceedsJsonBytes()", () => {
  test("counts what JSON.stringify prints, to the byte", () => {
    const anyValue = fc.oneof(
      fc.jsonValue(),
      fc.anything({ withNullPrototype: true }),
      fc.array(
        fc.option(fc.date({ min: new Date(0), max: new Date(1e12), noInvalidDate: true }), {
          nil: undefined,
        }),
      ),
    );
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = JSON.stringify(value);
        fc.pre(text !== undefined);
        const byteCount = Buffer.byteLength(text);
        expect(exceedsJsonBytes(value, byteCount)).toBe(false);
        expect(exceedsJsonBytes(value, byteCount - 1)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("ends on values without end, and does not call toJSON", () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic, cyclic);
    expect(exceedsJsonBytes(cyclic, 1_000_000)).toBe(true);
    expect(exceedsJsonBytes(new Array(2 ** 32 - 1), 1_000_000)).toBe(true);
    const toJSON = () => "x".repeat(1000);
    expect(exceedsJsonBytes({ a: { toJSON: 1 }, b: toJSON }, 100)).toBe(false);
  });
});
