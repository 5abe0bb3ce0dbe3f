import vm from "node:vm";
import { InvariantError } from "@shale/model";
import { describe, expect, test } from "vitest";
import { eventWith, faults, hasher, NOW_MS, parse } from "../test/reading.ts";
import { createDuplicateCounter } from "./duplicate-counter.ts";
import { createIntake } from "./intake.ts";

/** The only rejection of an event that stands between two good ones. */
function faultOf(event: unknown): string {
  const outcome = parse([eventWith({}), event, eventWith({})]);
  expect(outcome.accepted).toBe(2);
  expect(faults(outcome)).toHaveLength(1);
  expect(outcome.rejected[0]?.index).toBe(1);
  expect(outcome.rejected[0]?.message).not.toMatch(/\n|undefined is missing/);
  return outcome.rejected[0]?.code ?? "";
}
/** The properties of the only event, as they are kept. */
function keptOf(properties: unknown): unknown {
  const outcome = parse([eventWith({ properties })]);
  expect(faults(outcome)).toEqual([]);
  return outcome.events[0]?.properties;
}

describe("parseEvents()", () => {
  test("keeps an event with all its fields", () => {
    const { events, accepted, duplicates, rejected } = parse([
      {
        event: "buy",
        user_id: "ü1",
        time: "2026-09-30T10:00:00.123+02:00",
        insert_id: "i-1",
        properties: { price: 9.5, gift: false, name: "x", tags: ["a", 1, true, null], none: null },
      },
    ]);
    expect({ accepted, duplicates, rejected }).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [],
    });
    expect(events).toEqual([
      {
        event: "buy",
        user_id: "ü1",
        timeMs: Date.UTC(2026, 8, 30, 8, 0, 0, 123),
        insert_id: "i-1",
        properties: { gift: false, name: "x", price: 9.5, tags: ["a", 1, true, null] },
      },
    ]);
  });

  test("an empty call gives an empty batch", () => {
    expect(parse([])).toEqual({ events: [], rejected: [], accepted: 0, duplicates: 0 });
  });

  test("refuses a call without a list", () => {
    const intake = createIntake({ hasher, nowMs: () => NOW_MS });
    const notAList: readonly unknown[] = JSON.parse("{}");
    expect(() => intake.parseEvents(notAList)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });

  test.each([
    ["EVENT_SHAPE", null],
    ["EVENT_SHAPE", undefined],
    ["EVENT_SHAPE", 42],
    ["EVENT_SHAPE", "view"],
    ["EVENT_SHAPE", []],
    ["EVENT_SHAPE", new Map()],
    ["EVENT_SHAPE", () => 1],
    ["EVENT_FIELD_MISSING", {}],
    ["EVENT_FIELD_MISSING", eventWith({ event: undefined })],
    ["EVENT_FIELD_MISSING", eventWith({ user_id: undefined })],
    ["EVENT_FIELD_MISSING", eventWith({ time: undefined })],
    ["EVENT_FIELD_TYPE", eventWith({ event: 1 })],
    ["EVENT_FIELD_TYPE", eventWith({ event: null })],
    ["EVENT_FIELD_TYPE", eventWith({ user_id: 7 })],
    ["EVENT_FIELD_TYPE", eventWith({ user_id: null })],
    ["EVENT_FIELD_TYPE", eventWith({ user_id: {} })],
    ["EVENT_FIELD_TYPE", eventWith({ user_id: new String("u") })],
    ["EVENT_FIELD_TYPE", eventWith({ time: null })],
    ["EVENT_FIELD_TYPE", eventWith({ time: true })],
    ["EVENT_FIELD_TYPE", eventWith({ time: 1n })],
    ["EVENT_FIELD_TYPE", eventWith({ insert_id: 5 })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: [] })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: "x" })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: new Map([["a", 1]]) })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { at: new Date(0) } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { big: 1n } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { call: () => 1 } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { sign: Symbol("s") } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { set: new Set([1]) } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { list: [1n] } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { deep: { at: new Date(0) } } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { deep: { toJSON: () => 1 } } })],
    ["EVENT_FIELD_TYPE", eventWith({ properties: { bytes: new Uint8Array(3) } })],
    ["EVENT_FIELD_LENGTH", eventWith({ event: "" })],
    ["EVENT_FIELD_LENGTH", eventWith({ event: "e".repeat(256) })],
    ["EVENT_FIELD_LENGTH", eventWith({ event: "é".repeat(128) })],
    ["EVENT_FIELD_LENGTH", eventWith({ user_id: "u".repeat(1025) })],
    ["EVENT_FIELD_LENGTH", eventWith({ insert_id: "" })],
    ["EVENT_FIELD_LENGTH", eventWith({ insert_id: "i".repeat(1025) })],
    ["EVENT_FIELD_LENGTH", eventWith({ properties: { "": 1 } })],
    ["EVENT_FIELD_LENGTH", eventWith({ properties: { ["p".repeat(256)]: 1 } })],
    ["EVENT_FIELD_UNKNOWN", eventWith({ userId: "u" })],
    ["EVENT_FIELD_UNKNOWN", eventWith({ distinct_id: "u" })],
    ["EVENT_FIELD_UNKNOWN", JSON.parse('{"event":"e","user_id":"u","time":9e11,"__proto__":{}}')],
    ["TEXT_NOT_UNICODE", eventWith({ event: "a\ud800" })],
    ["TEXT_NOT_UNICODE", eventWith({ user_id: "\udc00b" })],
    ["TEXT_NOT_UNICODE", eventWith({ insert_id: "\ud83d" })],
    ["TEXT_NOT_UNICODE", eventWith({ properties: { "\udfff": 1 } })],
    ["INSERT_ID_RESERVED", eventWith({ insert_id: "~1-2" })],
    ["INSERT_ID_RESERVED", eventWith({ insert_id: "~" })],
    ["TIME_INVALID", eventWith({ time: "2026-09-30T10:00:00" })],
    ["TIME_INVALID", eventWith({ time: "2026-09-30" })],
    ["TIME_INVALID", eventWith({ time: "" })],
    ["TIME_INVALID", eventWith({ time: "1790000000000" })],
    ["TIME_INVALID", eventWith({ time: `2026-09-30T10:00:00.${"1".repeat(60)}Z` })],
    ["TIME_INVALID", eventWith({ time: Number.NaN })],
    ["TIME_INVALID", eventWith({ time: Number.POSITIVE_INFINITY })],
    ["TIME_INVALID", eventWith({ time: 1_700_000_000_000.5 })],
    ["TIME_INVALID", eventWith({ time: 2 ** 53 + 2 })],
    ["TIME_INVALID", eventWith({ time: new Date(Number.NaN) })],
    ["TIME_IN_FUTURE", eventWith({ time: NOW_MS + 3_600_001 })],
    ["TIME_IN_FUTURE", eventWith({ time: "2026-10-01T13:00:00.001Z" })],
    ["TIME_IN_FUTURE", eventWith({ time: new Date("2050-01-01") })],
    ["TIME_TOO_OLD", eventWith({ time: "1970-12-31T23:59:59.999Z" })],
    ["TIME_TOO_OLD", eventWith({ time: "1971-01-01T00:00:00+01:00" })],
    ["TIME_TOO_OLD", eventWith({ time: 0 })],
    ["TIME_TOO_OLD", eventWith({ time: -1 })],
    ["NUMBER_UNSAFE", eventWith({ properties: { n: Number.NaN } })],
    ["NUMBER_UNSAFE", eventWith({ properties: { n: Number.NEGATIVE_INFINITY } })],
    ["NUMBER_UNSAFE", eventWith({ properties: { n: 2 ** 53 } })],
    ["NUMBER_UNSAFE", eventWith({ properties: { n: -(2 ** 53) - 2 } })],
    ["NUMBER_UNSAFE", eventWith({ properties: { n: 1e300 } })],
    ["NUMBER_UNSAFE", eventWith({ properties: { list: [1, Number.NaN] } })],
    ["NUMBER_UNSAFE", eventWith({ properties: { deep: { n: [2 ** 60] } } })],
    ["EVENT_TOO_LARGE", eventWith({ properties: { text: "x".repeat(1_048_576) } })],
    ["EVENT_TOO_LARGE", eventWith({ user_id: "u".repeat(1_048_576) })],
    ["EVENT_TOO_LARGE", eventWith({ properties: { text: "\u0001".repeat(180_000) } })],
    ["EVENT_TOO_LARGE", eventWith({ properties: { list: new Array(2 ** 32 - 1) } })],
    ["EVENT_TOO_LARGE", eventWith({ properties: { deep: { list: new Array(2 ** 31) } } })],
  ])("refuses with %s: case %#", (code, event) => {
    expect(faultOf(event)).toBe(code);
  });

  test("takes what lies just within the limits", () => {
    const outcome = parse([
      eventWith({ event: "é".repeat(127) }),
      eventWith({ user_id: "" }),
      eventWith({ user_id: "ü".repeat(512), insert_id: "i".repeat(1024) }),
      eventWith({ time: NOW_MS + 3_600_000 }),
      eventWith({ time: "1971-01-01T00:00:00Z" }),
      eventWith({ time: new Date(NOW_MS) }),
      eventWith({ time: vm.runInNewContext(`new Date(${NOW_MS})`) }),
      eventWith({ properties: { ["p".repeat(255)]: 2 ** 53 - 1, low: -(2 ** 53) + 1, e: 5e-324 } }),
      eventWith({ insert_id: null, properties: null }),
      eventWith({ insert_id: undefined, properties: undefined, other: undefined }),
      eventWith({ insert_id: "a~b" }),
    ]);
    expect(faults(outcome)).toEqual([]);
    expect(outcome.accepted).toBe(11);
  });

  test("counts the size of an event as JSON text to the byte", () => {
    for (const unit of ["x", "é", "\n", "用", '"', "\u0001", "😀"]) {
      const textBytes = Buffer.byteLength(JSON.stringify(unit)) - 2;
      const empty = Buffer.byteLength(
        JSON.stringify(eventWith({ properties: { a: 1, text: "" } })),
      );
      const count = Math.floor((1_048_576 - empty) / textBytes);
      const rest = "x".repeat(1_048_576 - empty - count * textBytes);
      const text = unit.repeat(count) + rest;
      expect(faults(parse([eventWith({ properties: { a: 1, text } })]))).toEqual([]);
      expect(faults(parse([eventWith({ properties: { a: 1, text: `${text}y` } })]))).toEqual([
        "0 EVENT_TOO_LARGE",
      ]);
    }
  });

  test("keeps 10,000 properties", () => {
    const properties = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`p${n}`, n]));
    expect(keptOf(properties)).toEqual(properties);
  });

  test("keeps lists as lists, and what is nested in them as JSON text", () => {
    expect(
      keptOf({
        empty: [],
        scalars: ["a", -0, 1e21 / 1e10, true, null, undefined],
        nested: [[1, [2]], { a: null, b: undefined, c: "x" }, "s"],
        holes: Object.assign(new Array(3), { 0: 1, 2: 3 }),
      }),
    ).toEqual({
      empty: [],
      scalars: ["a", 0, 1e11, true, null, null],
      nested: ["[1,[2]]", '{"a":null,"c":"x"}', "s"],
      holes: [1, null, 3],
    });
  });

  test("keeps an object as its JSON text", () => {
    class Point {
      readonly x = 1;
      readonly y = -0;
    }
    const bare = Object.assign(Object.create(null), { a: [1, { b: "é" }] });
    expect(keptOf({ bare, point: new Point(), empty: {} })).toEqual({
      bare: '{"a":[1,{"b":"é"}]}',
      point: '{"x":1,"y":0}',
      empty: "{}",
    });
  });

  test("stores null and undefined as absent, and -0 as 0", () => {
    expect(keptOf({ a: null, b: undefined, c: -0 })).toEqual({ c: 0 });
    expect(Object.is(Object.values(Object(keptOf({ c: -0 })))[0], 0)).toBe(true);
  });

  test("turns a lone surrogate in a value into U+FFFD", () => {
    expect(
      keptOf({ text: "a\ud800b", list: ["\udc00"], deep: { "k\ud800": "\udbff" }, pair: "😀" }),
    ).toEqual({ text: "a\ufffdb", list: ["\ufffd"], deep: '{"k\ufffd":"\ufffd"}', pair: "😀" });
  });

  test("takes names that mean something to JavaScript as plain names", () => {
    const properties = JSON.parse(
      '{"__proto__":"p","constructor":1,"toString":true,"hasOwnProperty":[1],"prototype":"q"}',
    );
    const kept = Object(keptOf(properties));
    expect(Object.entries(kept).sort()).toEqual(Object.entries(properties).sort());
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    expect(Reflect.get({}, "p")).toBeUndefined();
  });

  test("reads instances of classes, and ignores what they inherit", () => {
    class PageView {
      readonly event = "view";
      readonly user_id = "u";
      readonly properties = Object.assign(Object.create({ inherited: 1 }), { own: 2 });
      get time(): number {
        return NOW_MS;
      }
    }
    expect(parse([new PageView()]).events[0]).toMatchObject({
      timeMs: NOW_MS,
      properties: { own: 2 },
    });
  });

  test("a getter, proxy or toJSON that throws costs its own event only", () => {
    const thrown = () => {
      throw new Error("no entry");
    };
    const getter = Object.defineProperty(eventWith({}), "user_id", {
      get: thrown,
      enumerable: true,
    });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const properties = Object.defineProperty({}, "p", { get: thrown, enumerable: true });
    expect(faultOf(getter)).toBe("EVENT_SHAPE");
    expect(faultOf(revoked.proxy)).toBe("EVENT_SHAPE");
    expect(faultOf(new Proxy({}, { ownKeys: thrown, get: thrown }))).toBe("EVENT_SHAPE");
    expect(faultOf(eventWith({ properties }))).toBe("EVENT_SHAPE");
    expect(faultOf(eventWith({ properties: { deep: properties } }))).toBe("EVENT_SHAPE");
    expect(parse([getter]).rejected[0]?.message).toContain("no entry");
  });

  test("a broken invariant is not taken for a bad event", () => {
    const broken = Object.defineProperty({}, "event", {
      get: () => {
        throw new InvariantError("a bug");
      },
    });
    expect(() => parse([broken])).toThrow("a bug");
  });

  test("cyclic, shared and deep values end with a rejection", () => {
    const cyclic: { self?: unknown; again?: unknown } = {};
    cyclic.self = cyclic;
    cyclic.again = cyclic;
    let shared: unknown = "x".repeat(100);
    for (let level = 0; level < 60; level++) shared = [shared, shared];
    let deep: unknown = 1;
    for (let level = 0; level < 65; level++) deep = { deep };
    expect(faultOf(eventWith({ properties: { deep } }))).toBe("EVENT_FIELD_TYPE");
    expect(faultOf(eventWith({ properties: { shared } }))).toBe("EVENT_TOO_LARGE");
    expect(faultOf(eventWith({ properties: { cyclic } }))).toMatch(
      /EVENT_TOO_LARGE|EVENT_FIELD_TYPE/,
    );
    expect(faultOf({ properties: { cyclic, shared } })).toBe("EVENT_TOO_LARGE");
  });

  test("reads the clock again before it refuses a time as future", () => {
    let clockMs = NOW_MS;
    const intake = createIntake({ hasher, nowMs: () => clockMs });
    const events = [NOW_MS, NOW_MS + 7_200_000].map((time) => eventWith({ time }));
    expect(intake.parseEvents(events).rejected).toHaveLength(1);
    const ticking = createIntake({ hasher, nowMs: () => (clockMs += 4_000_000) });
    expect(ticking.parseEvents(events).rejected).toHaveLength(0);
  });

  test("counts duplicates within the call, or over calls that share a counter", () => {
    const events = [eventWith({ insert_id: "a" }), eventWith({ insert_id: "a" }), eventWith({})];
    const intake = createIntake({ hasher, nowMs: () => NOW_MS });
    const duplicates = createDuplicateCounter();
    expect(intake.parseEvents(events).duplicates).toBe(1);
    expect(intake.parseEvents(events).duplicates).toBe(1);
    expect(intake.parseEvents(events, { duplicates }).duplicates).toBe(1);
    expect(intake.parseEvents(events, { duplicates })).toMatchObject({
      duplicates: 2,
      accepted: 3,
    });
  });
});
