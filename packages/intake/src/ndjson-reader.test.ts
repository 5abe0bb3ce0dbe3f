import { eventAt } from "@shale/columns";
import { describe, expect, test } from "vitest";
import { eventWith, faults, hasher, nowMs, parse, read } from "../test/reading.ts";
import { createNdjsonReader } from "./ndjson-reader.ts";

const GOOD = JSON.stringify(eventWith({}));
const MIB = 1_048_576;

function lines(...texts: readonly string[]): string {
  return `${texts.join("\n")}\n`;
}
/** A good event of exactly so many bytes. */
function eventOfBytes(byteCount: number): string {
  const empty = JSON.stringify(eventWith({ properties: { text: "" } }));
  return JSON.stringify(eventWith({ properties: { text: "x".repeat(byteCount - empty.length) } }));
}

describe("createNdjsonReader()", () => {
  test("gives the same events as the API", () => {
    const events = ["a", "b", "c"].map((user_id) => eventWith({ user_id, properties: { n: 1 } }));
    expect(read(lines(...events.map((event) => JSON.stringify(event))))).toEqual(parse(events));
  });

  test("an empty input has no events", () => {
    for (const input of [
      "",
      "\n",
      "\r\n \t\n\n",
      "\ufeff",
      "\ufeff\n",
      "[]",
      " [ ] \n",
      "\ufeff[]",
    ]) {
      expect(read(input), JSON.stringify(input)).toEqual(read(""));
      expect(read(input)).toEqual({ events: [], rejected: [], accepted: 0, duplicates: 0 });
    }
    expect(createNdjsonReader({ hasher, nowMs }).end()).toEqual([]);
  });

  test("names the line of each bad event, blank lines counted, and keeps the good ones", () => {
    const outcome = read(
      [
        `\ufeff${GOOD}`,
        "",
        "not json",
        `${GOOD}\r`,
        "  \r",
        "[1]",
        "7",
        `  ${GOOD}  `,
        "{}",
        GOOD,
      ].join("\n"),
    );
    expect(faults(outcome)).toEqual([
      "3 EVENT_JSON",
      "6 EVENT_SHAPE",
      "7 EVENT_SHAPE",
      "9 EVENT_FIELD_MISSING",
    ]);
    expect(outcome.accepted).toBe(4);
  });

  test.each([
    ["EVENT_JSON", "{"],
    ["EVENT_JSON", GOOD.slice(0, -1)],
    ["EVENT_JSON", `${GOOD}${GOOD}`],
    ["EVENT_JSON", `${GOOD},`],
    ["EVENT_JSON", GOOD.replaceAll('"', "'")],
    ["EVENT_JSON", '{"event":"e","user_id":"u","time":NaN}'],
    ["EVENT_JSON", '{"event":"e","user_id":"u\t","time":"2026-01-01T00:00:00Z"}'],
    ["EVENT_JSON", "\u00a0"],
    ["EVENT_JSON", "\u0000"],
    ["EVENT_JSON", `\ufeff${GOOD}`],
    ["EVENT_JSON", GOOD.replace("{", '{"event":"a",')],
    ["EVENT_JSON", GOOD.replace("{", '{ "ev\\u0065nt" : "a" , ')],
    ["EVENT_JSON", GOOD.replace("}", ',"properties":{"a":1,"a":1}}')],
    ["EVENT_JSON", GOOD.replace("}", ',"properties":{"a":null,"b":{"c":[{"d":1,"d":2}]}}}')],
    ["EVENT_JSON", GOOD.replace("}", ',"properties":{"__proto__":1,"__proto__":2}}')],
    ["EVENT_JSON", GOOD.replace("}", ',"properties":{"a":"x :y","b\\"":1,"b\\u0022"\t:1}}')],
    ["EVENT_SHAPE", "null"],
    ["EVENT_SHAPE", '"text"'],
    ["NUMBER_UNSAFE", GOOD.replace("}", ',"properties":{"n":9007199254740993}}')],
    ["NUMBER_UNSAFE", GOOD.replace("}", ',"properties":{"n":9007199254740992}}')],
    ["NUMBER_UNSAFE", GOOD.replace("}", ',"properties":{"n":1e400}}')],
    ["NUMBER_UNSAFE", GOOD.replace("}", ',"properties":{"n":[-1e16]}}')],
    ["TIME_INVALID", '{"event":"e","user_id":"u","time":"2026-01-01T00:00:00"}'],
    ["TIME_INVALID", '{"event":"e","user_id":"u","time":9007199254740993}'],
    ["TEXT_NOT_UNICODE", '{"event":"e","user_id":"\\ud800","time":"2026-01-01T00:00:00Z"}'],
    ["EVENT_TOO_LARGE", eventOfBytes(MIB + 1)],
    ["EVENT_TOO_LARGE", "x".repeat(8 * MIB)],
    ["EVENT_TOO_LARGE", " ".repeat(2 * MIB)],
  ])("refuses a line with %s: case %#", (code, line) => {
    const outcome = read(lines(GOOD, line, GOOD), { pieceBytes: 50_000 });
    expect(faults(outcome)).toEqual([`2 ${code}`]);
    expect(outcome.accepted).toBe(2);
  });

  test("takes texts that only look as if they repeated a key", () => {
    const properties = {
      a: 'x":1',
      b: ": y : z",
      c: { a: { a: 1 } },
      d: [{ a: 1 }, { a: 2 }],
      ":": 1,
    };
    const pretty = JSON.stringify(eventWith({ properties }), undefined, 1).replaceAll("\n", "\t");
    const outcome = read(
      lines(JSON.stringify(eventWith({ properties })), pretty.replaceAll(": ", " : ")),
    );
    expect(faults(outcome)).toEqual([]);
    expect(outcome.accepted).toBe(2);
  });

  test("bytes that are not UTF-8 cost their own line only", () => {
    const bytes = Buffer.concat([
      Buffer.from(lines(GOOD, GOOD.replace("u1", "ü"))),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.from(GOOD.replace("u1", "ux")),
      Buffer.from([0x0a, 0xc3]),
    ]);
    for (const pieceBytes of [1, 7, 65_536]) {
      const outcome = read(bytes, { pieceBytes });
      expect(faults(outcome)).toEqual(["3 EVENT_JSON", "5 EVENT_JSON"]);
      expect(outcome.events.map(({ user_id }) => user_id)).toEqual(["u1", "ü", "ux"]);
    }
  });

  test("a part of a byte order mark is no mark", () => {
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb]), Buffer.from(lines(GOOD, GOOD))]);
    for (const pieceBytes of [1, 2, 3, 100]) {
      expect(faults(read(bytes, { pieceBytes }))).toEqual(["1 EVENT_JSON"]);
    }
    expect(faults(read(Uint8Array.of(0xef)))).toEqual(["1 EVENT_JSON"]);
  });

  test("takes a line of 1 MiB, with or without a carriage return, and no longer one", () => {
    const longest = eventOfBytes(MIB);
    const outcome = read([longest, `${longest}\r`, `${longest} `, longest].join("\n"));
    expect(faults(outcome)).toEqual(["3 EVENT_TOO_LARGE"]);
    expect(outcome.accepted).toBe(3);
  });

  test("does not keep the bytes of a line that is too long", () => {
    const reader = createNdjsonReader({ hasher, nowMs });
    const piece = Buffer.alloc(MIB, "x");
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 200; count++) reader.push(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
    reader.push(Buffer.from(`\n${GOOD}`));
    const [parsed] = reader.end();
    expect(parsed?.rejected).toMatchObject([{ index: 1, code: "EVENT_TOO_LARGE" }]);
    expect(parsed?.accepted).toBe(1);
  });

  test("hands out a batch for each so many events, kept or refused, however they are cut", () => {
    const input = lines(GOOD, "bad", GOOD, "", GOOD, GOOD, "bad", GOOD);
    for (const pieceBytes of [1, 10, 100_000]) {
      const reader = createNdjsonReader({ hasher, nowMs, eventsPerBatch: 3 });
      const bytes = Buffer.from(input);
      const sizes: (readonly number[])[] = [];
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        for (const { accepted, rejected } of reader.push(
          bytes.subarray(start, start + pieceBytes),
        )) {
          sizes.push([accepted, rejected.length]);
        }
      }
      for (const { accepted, rejected } of reader.end()) sizes.push([accepted, rejected.length]);
      expect(sizes).toEqual([
        [2, 1],
        [2, 1],
        [1, 0],
      ]);
    }
  });

  test("hands out a batch when its events are large", () => {
    const reader = createNdjsonReader({ hasher, nowMs });
    const line = Buffer.from(`${eventOfBytes(MIB)}\n`);
    const counts: number[] = [];
    for (let count = 0; count < 40; count++) {
      for (const { accepted } of reader.push(line)) counts.push(accepted);
    }
    expect(counts).toEqual([16, 16]);
  });

  test("hands out a batch when its events name many properties", () => {
    const line = (first: number) => {
      const names = Array.from({ length: 5000 }, (_, index) => [`p${first + index}`, index]);
      return JSON.stringify(eventWith({ properties: Object.fromEntries(names) }));
    };
    const reader = createNdjsonReader({ hasher, nowMs });
    const input = Buffer.from(lines(...[0, 1, 2, 3, 4].map((part) => line(part * 5000))));
    const parsed = [...reader.push(input), ...reader.end()];
    expect(parsed.map(({ accepted }) => accepted)).toEqual([4, 1]);
  });

  test("counts duplicates over its batches", () => {
    const line = JSON.stringify(eventWith({ insert_id: "a" }));
    expect(read(lines(line, line, GOOD, GOOD, line), { eventsPerBatch: 1 }).duplicates).toBe(2);
  });

  test("makes insert ids of a prefix and the line for events that have none", () => {
    const input = lines("", GOOD, JSON.stringify(eventWith({ insert_id: "own" })), "bad", GOOD);
    const reader = createNdjsonReader({ hasher, nowMs, insertIdPrefix: "a.ndjson:" });
    const parsed = [...reader.push(Buffer.from(input)), ...reader.end()];
    const ids = parsed.flatMap(({ batch }) =>
      [0, 1, 2].map((row) => eventAt(batch, row).insert_id),
    );
    expect(ids).toEqual(["a.ndjson:2", "own", "a.ndjson:5"]);
    for (const insertIdPrefix of ["~/a:", "\ud800", "x".repeat(1010)]) {
      expect(() => createNdjsonReader({ hasher, nowMs, insertIdPrefix })).toThrow(
        expect.objectContaining({ code: "OPTION_INVALID" }),
      );
    }
  });

  test("is ended once", () => {
    const reader = createNdjsonReader({ hasher, nowMs });
    reader.end();
    expect(() => reader.push(new Uint8Array(1))).toThrow("takes no more bytes");
    expect(() => reader.end()).toThrow("ended once");
  });
});

test("breakOff() keeps every whole event and says nothing about the one that was cut", () => {
  for (const text of [`${GOOD}\n${GOOD}\n${GOOD.slice(0, 20)}`, `[${GOOD},${GOOD},{"event":`]) {
    const reader = createNdjsonReader({ hasher, nowMs });
    const pushed = reader.push(new TextEncoder().encode(text));
    const parsed = [...pushed, ...reader.breakOff()];
    expect(parsed.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(2);
    expect(parsed.flatMap(({ rejected }) => rejected)).toEqual([]);
    expect(() => reader.breakOff()).toThrow("ended once");
  }
});

describe("createNdjsonReader() on a JSON array", () => {
  test("reads its elements and names the bad ones by their number from 1", () => {
    const elements = [GOOD, "7", GOOD.replace("u1", 'a,]}[{\\"\\\\'), "{}", "[[]]", '"]"'];
    for (const text of [`[${elements}]`, `\n  [ ${elements.join(" ,\n ")} ] \n`]) {
      const outcome = read(text);
      expect(faults(outcome)).toEqual([
        "2 EVENT_SHAPE",
        "4 EVENT_FIELD_MISSING",
        "5 EVENT_SHAPE",
        "6 EVENT_SHAPE",
      ]);
      expect(outcome.events.map(({ user_id }) => user_id)).toEqual(["u1", 'a,]}[{"\\']);
    }
  });

  test.each([
    ["[", ["1 EVENT_JSON"], 0],
    [`[${GOOD}`, ["2 EVENT_JSON"], 1],
    [`[${GOOD},`, ["2 EVENT_JSON"], 1],
    [`[${GOOD},${GOOD.slice(0, -3)}`, ["2 EVENT_JSON"], 1],
    [`[${GOOD},{"event":"]`, ["2 EVENT_JSON"], 1],
    [`[${GOOD},]`, ["2 EVENT_JSON"], 1],
    [`[,${GOOD}]`, ["1 EVENT_JSON"], 1],
    [`[${GOOD} ${GOOD}]`, ["1 EVENT_JSON"], 0],
    [`[${GOOD}}]`, ["1 EVENT_JSON"], 0],
    [`[${GOOD}]]`, ["2 EVENT_JSON"], 1],
    [`[${GOOD}]\n${GOOD}\n${GOOD}`, ["2 EVENT_JSON"], 1],
    [`[${GOOD},${"7".repeat(2 * MIB)},${GOOD}]`, ["2 EVENT_TOO_LARGE"], 2],
    [`[${eventOfBytes(MIB)},${eventOfBytes(MIB + 1)},${GOOD}]`, ["2 EVENT_TOO_LARGE"], 2],
    [`[${GOOD},"${"x".repeat(2 * MIB)}`, ["2 EVENT_JSON"], 1],
    [`[${GOOD}\n\u0000]`, ["1 EVENT_JSON"], 0],
  ])("tells what is wrong with it: case %#", (text, wanted, accepted) => {
    for (const pieceBytes of [text.length > 1000 ? 997 : 1, 65_536]) {
      const outcome = read(text, { pieceBytes });
      expect(faults(outcome)).toEqual(wanted);
      expect(outcome.accepted).toBe(accepted);
    }
  });
});
