import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventWith, faults, NOW_MS, type Outcome, parse, read } from "../test/reading.ts";

const { SHALE_TEST_LONG } = process.env;
const runs = SHALE_TEST_LONG === "1" ? 20_000 : 800;
/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = 900_000;

const loneSurrogate = fc.constantFrom("\ud800", "a\udc00", "\ude00\ud83d");
const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "~1", 'a":b', " : ", "\\", "\u0000", "é".repeat(200), "x".repeat(1100)),
  loneSurrogate,
);
const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(-0, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e300, 0.1),
);
const anyValue = fc.oneof(
  { weight: 3, arbitrary: anyText },
  { weight: 3, arbitrary: anyNumber },
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 3 }),
);
const anyName = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("a", "b", "price", "$x", "__proto__", "constructor", "1", "0"),
  },
  anyText,
);
/** Own keys even for the names that assignment would treat in its own way. */
const anyProperties = fc
  .array(fc.tuple(anyName, anyValue), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));
const anyTime = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 31_536_000_000, max: NOW_MS }) },
  {
    weight: 4,
    arbitrary: fc
      .date({ min: new Date("1971-01-02"), max: new Date(NOW_MS), noInvalidDate: true })
      .map((date) => date.toISOString()),
  },
  anyNumber,
  fc.constantFrom("2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00+02", true, null),
);
function mostly(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: anyValue });
}
const anyPlainEvent = fc.record(
  {
    event: mostly(fc.constantFrom("view", "buy")),
    user_id: mostly(fc.constantFrom("u1", "u2", "")),
    time: anyTime,
    insert_id: mostly(fc.constantFrom("i1", "i2")),
    properties: mostly(anyProperties),
  },
  { requiredKeys: ["event", "user_id", "time"] },
);
const anyMixpanelEvent = fc.record({
  event: mostly(fc.constant("view")),
  properties: fc
    .tuple(anyProperties, mostly(fc.constantFrom("d1", "")), anyTime, mostly(fc.constant("i")))
    .map(([properties, distinct_id, time, $insert_id]) => ({
      ...properties,
      distinct_id,
      time,
      $insert_id,
    })),
});
const anyEvent = fc.oneof(
  { weight: 6, arbitrary: anyPlainEvent },
  { weight: 3, arbitrary: anyMixpanelEvent },
  { weight: 1, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: anyProperties },
);

/** Everything but the messages and the way to count positions. */
function essence(outcome: Outcome, indexOffset: number): unknown {
  const { events, accepted, duplicates, rejected } = outcome;
  return {
    events,
    accepted,
    duplicates,
    rejected: rejected.map(({ index, code }) => `${index + indexOffset} ${code}`),
  };
}

describe("lines, an array and the API", () => {
  test(
    "agree on which events are good, on what is kept, and on each code",
    () => {
      let accepted = 0;
      let rejected = 0;
      fc.assert(
        fc.property(
          fc.array(anyEvent, { maxLength: 6 }),
          fc.integer({ min: 1, max: 60 }),
          (events, pieceBytes) => {
            const wanted = parse(events);
            const texts = events.map((event) => JSON.stringify(event));
            // A first line that opens a list would be read as an array in place of lines.
            const lines = read(["7", ...texts].join("\n"), { pieceBytes });
            expect(essence(lines, 0)).toEqual(essence(parse([7, ...events]), 1));
            expect(essence(read(`[${texts.join(",")}]`, { pieceBytes }), 0)).toEqual(
              essence(wanted, 1),
            );
            accepted += wanted.accepted;
            rejected += wanted.rejected.length;
          },
        ),
        { numRuns: runs },
      );
      // The generator must reach both outcomes often, or the agreement above says little.
      expect(Math.min(accepted, rejected)).toBeGreaterThan((accepted + rejected) / 6);
    },
    TIMEOUT_MS,
  );

  test("agree on every member of a pretty-printed array", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 4 }), (events) => {
        const text = JSON.stringify(events, undefined, 2);
        expect(essence(read(text), 0)).toEqual(essence(parse(events), 1));
      }),
      { numRuns: 300 },
    );
  });
});

describe("the pieces in which the bytes come", () => {
  const texts = [
    JSON.stringify(eventWith({ user_id: "用户😀" })),
    "bad",
    "",
    `${JSON.stringify(eventWith({ properties: { a: '\\"]},', b: [1, "x"] } }))}\r`,
    '{"event":"e","event":"e"}',
    JSON.stringify(eventWith({ insert_id: "~" })),
    "{}",
  ];
  test.each([
    ["lines", `\ufeff\n${texts.join("\n")}`],
    ["lines with an end", `${texts.join("\n")}\n`],
    ["an array", `\ufeff [${texts.filter((text) => text !== "").join(" ,")}]\n`],
    ["a cut array", `[${texts.filter((text) => text !== "").join(",")},{"event":`],
  ])("make no difference: %s cut at every byte", (_, text) => {
    const bytes = new TextEncoder().encode(text);
    const whole = read(bytes, { pieceBytes: bytes.length });
    expect(faults(whole).length).toBeGreaterThan(2);
    for (let cut = 1; cut < bytes.length; cut++)
      expect(read(bytes, { pieceBytes: cut })).toEqual(whole);
  });
});

describe("a repeated key", () => {
  test(
    "is always found, and never where there is none",
    () => {
      fc.assert(
        fc.property(anyProperties, fc.nat(), fc.boolean(), (properties, pick, isEscaped) => {
          const event = eventWith({ properties });
          const names = Object.keys(properties);
          const name = names[pick % Math.max(1, names.length)];
          const before = parse([event]);
          if (name === undefined || before.accepted === 0) return;
          const escaped = [...name].map(
            (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
          );
          const key =
            isEscaped && name.length === escaped.length
              ? `"${escaped.join("")}"`
              : JSON.stringify(name);
          const text = JSON.stringify(event).replace(
            '"properties":{',
            () => `"properties":{${key} :1,`,
          );
          expect(faults(read(text))).toEqual(["1 EVENT_JSON"]);
          expect(faults(read(JSON.stringify(event)))).toEqual([]);
        }),
        { numRuns: runs },
      );
    },
    TIMEOUT_MS,
  );
});
