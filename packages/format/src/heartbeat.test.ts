import { readFileSync } from "node:fs";
import { chainVersion, ShaleError, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeEnvelope } from "./envelope.ts";
import { decodeHeartbeat, encodeHeartbeat } from "./heartbeat.ts";

const key = "p1/writers/0000000000000002";
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const heartbeat = fc.record({
  ordinal: positive.map(writerOrdinal),
  catalogVersion: positive.map(chainVersion),
  lastSeq: fc.nat(),
  oldestUnflushedSeq: fc.option(positive),
  process: fc.record({
    host: fc.string({ unit: "grapheme" }),
    pid: fc.nat(),
    started: fc.string(),
  }),
  atMs: fc.nat(),
});

describe("encodeHeartbeat() and decodeHeartbeat()", () => {
  test("give back every heartbeat as it was", () => {
    fc.assert(
      fc.property(heartbeat, (value) => {
        expect(decodeHeartbeat(encodeHeartbeat(value), { key })).toEqual(value);
      }),
    );
  });

  test("still read version 1 as it was committed, and the example of the docs", () => {
    const fixture = readFileSync(new URL("../fixtures/v1/heartbeat", import.meta.url));
    const docs = readFileSync(
      new URL("../../../docs/formats/heartbeat.md", import.meta.url),
      "utf8",
    );
    expect(/```text\n(shale-heartbeat [\s\S]*?)```/.exec(docs)?.[1]).toBe(fixture.toString());
    const value = decodeHeartbeat(fixture, { key });
    expect(value.lastSeq).toBe(871_200_000_000_123);
    expect(Buffer.from(encodeHeartbeat(value))).toStrictEqual(fixture);
  });

  test("refuse every flipped bit, and a newer version", () => {
    const fixture = readFileSync(new URL("../fixtures/v1/heartbeat", import.meta.url));
    for (let bit = 0; bit < fixture.length * 8; bit++) {
      const flipped = new Uint8Array(fixture);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => decodeHeartbeat(flipped, { key })).toThrow(ShaleError);
    }
    const newer = encodeEnvelope({ kind: "heartbeat", formatVersion: 9, body: {} });
    expect(() => decodeHeartbeat(newer, { key })).toThrow(/format is 9, known up to 1/);
  });
});
