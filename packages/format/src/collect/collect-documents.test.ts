import { ShaleError } from "@shale/model";
import { expect, test } from "vitest";
import { decodeCondemnedRecord, encodeCondemnedRecord } from "./condemned-record.ts";
import { decodeFirstLook, encodeFirstLook } from "./first-look.ts";
import { decodeWorkPin, encodeWorkPin } from "./work-pin.ts";

const nonce = "000102030405060708090a0b0c0d0e0f";
const process = { host: "h", pid: 5, started: "s" };
const pin = { nonce, process, what: "export", atMs: 7, renewals: 2 };
const record = { objects: [{ key: "p/tail/1", token: "t", bytes: 3 }], pins: [nonce], atMs: 7 };
const look = { tombstones: [1, 3], claims: [nonce], atMs: 7 };
const source = { key: "some/key" };

test("pins, condemned records and first looks come back as they were written", () => {
  expect(decodeWorkPin(encodeWorkPin(pin), source)).toEqual(pin);
  expect(decodeCondemnedRecord(encodeCondemnedRecord(record), source)).toEqual(record);
  expect(decodeFirstLook(encodeFirstLook(look), source)).toEqual(look);
});

test("none is taken for another, and a flipped bit anywhere is noticed", () => {
  const all = [encodeWorkPin(pin), encodeCondemnedRecord(record), encodeFirstLook(look)];
  const decoders = [decodeWorkPin, decodeCondemnedRecord, decodeFirstLook];
  for (const [i, bytes] of all.entries()) {
    for (const [j, decode] of decoders.entries()) {
      if (i !== j) expect(() => decode(bytes, source)).toThrow(ShaleError);
    }
    for (let at = 0; at < bytes.length; at++) {
      const wrong = bytes.slice();
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      expect(() => decoders[i]!(wrong, source)).toThrow(ShaleError);
    }
  }
});
