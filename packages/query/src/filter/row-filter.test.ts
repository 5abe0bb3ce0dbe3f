import type { Filter } from "@shale/model";
import { createTailCache, scanShards } from "@shale/scan";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import { createTestLog } from "../../../scan/test/test-log.ts";
import { firstMs, someEvent, someFilter } from "../../test/arbitrary-events.ts";
import { satisfies } from "../../test/plain-answers.ts";
import { noCohorts } from "../cohort/cohort-members.ts";
import { parseEventsRange } from "../parse/parse-events-range.ts";
import { compareText } from "./compare-text.ts";
import { compileFilter } from "./row-filter.ts";
import { propertiesOf } from "./row-select.ts";

/** Which events the compiled filter takes, by their place in the list. */
async function taken(events: readonly TestEvent[], filter: Filter): Promise<number[]> {
  const log = createTestLog({ shards: 2 });
  // The time tells which event a row is: one a ms.
  const timed = events.map((event, index) => ({ ...event, atMs: firstMs + index }));
  if (timed.length > 0) await log.flush(1, timed.slice(0, Math.ceil(timed.length / 2)));
  if (timed.length > 1) log.keep(1, timed.slice(Math.ceil(timed.length / 2)));
  const { where } = parseEventsRange({ where: filter }).select;
  const rows = compileFilter(where!, noCohorts);
  const found: number[] = [];
  for await (const batch of scanShards(log.env, log.pin(), {
    cache: createTailCache({ bytesMax: 2 ** 20 }),
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
    columns: propertiesOf(where),
    order: "none",
  })) {
    const mask = rows.maskOf(batch);
    for (let row = 0; row < batch.rowCount; row++) {
      if (mask[row] === 1) found.push(batch.timesMs[row]! - firstMs);
    }
  }
  return found.sort((x, y) => x - y);
}

/** The values of a property `p` that satisfy a filter on it; undefined is absent. */
async function valuesTaken(values: readonly unknown[], filter: object): Promise<unknown[]> {
  const events = values.map((p) => ({
    event: "e",
    user: "u",
    atMs: 0,
    properties: p === undefined ? {} : { p },
  }));
  const rows = await taken(events as TestEvent[], { property: "p", ...filter } as Filter);
  return rows.map((row) => values[row]);
}

describe("compileFilter()", () => {
  const lists = [["a", "b"], ["a"], [], [null], ["b", 1]];
  const cases: [string, object, unknown[], unknown[]][] = [
    ["1 is not '1'", { op: "eq", value: 1 }, [1, "1", true, undefined], [1]],
    ["'1' is not 1", { op: "in", value: ["1"] }, [1, "1", [1], ["1"]], ["1", ["1"]]],
    ["neq holds for other types", { op: "neq", value: 1 }, [1, "1", undefined], ["1", undefined]],
    ["no number lies below a text", { op: "lt", value: "b" }, [1, "a", "b", true], ["a"]],
    [
      "texts are ordered by code points",
      { op: "gt", value: "\uffff" },
      ["\u{1f600}", "z"],
      ["\u{1f600}"],
    ],
    [
      "any element may equal",
      { op: "eq", value: "b" },
      lists,
      [
        ["a", "b"],
        ["b", 1],
      ],
    ],
    ["any element may differ", { op: "neq", value: "a" }, lists, [["a", "b"], [null], ["b", 1]]],
    ["a list is set, whatever it holds", { op: "isSet" }, [...lists, undefined], lists],
    ["absent is not set", { op: "isNotSet" }, [[], [null], "", 0, false, undefined], [undefined]],
    ["only texts contain", { op: "contains", value: "1" }, [1, "21", ["1"], [1]], ["21", ["1"]]],
    ["what is no text contains nothing", { op: "notContains", value: "1" }, [1, "1"], [1]],
    ["every text contains the empty one", { op: "contains", value: "" }, ["", "a", 1], ["", "a"]],
    ["case counts", { op: "eq", value: "ä" }, ["ä", "Ä"], ["ä"]],
    [
      "case is ignored on request",
      { op: "eq", value: "ä", ignoreCase: true },
      ["ä", "Ä"],
      ["ä", "Ä"],
    ],
    ["nothing is in nothing", { op: "in", value: [] }, ["a", undefined], []],
    ["all is outside of nothing", { op: "notIn", value: [] }, ["a", undefined], ["a", undefined]],
    ["-0 is 0", { op: "eq", value: -0 }, [0, 1], [0]],
  ];
  it.each(cases)("knows that %s", async (_, filter, values, expected) => {
    expect(await valuesTaken(values, filter)).toEqual(expected);
  });

  it("takes $event and $user_id for the event and the user", async () => {
    const events = [
      { event: "view", user: "u1", atMs: 0, properties: { $event: "buy", $user_id: "u2" } },
      { event: "buy", user: "u2", atMs: 0 },
    ];
    expect(await taken(events, { property: "$event", op: "eq", value: "buy" })).toEqual([1]);
    expect(await taken(events, { property: "$user_id", op: "neq", value: "u2" })).toEqual([0]);
  });

  it("agrees with a plain evaluation, one event at a time", async () => {
    const property = fc.asyncProperty(
      fc.array(someEvent, { maxLength: 12 }),
      fc.array(someFilter, { minLength: 1, maxLength: 4 }),
      async (events, filters) => {
        for (const raw of filters) {
          const filter = raw as Filter;
          const expected = [...events.keys()].filter((row) => satisfies(events[row]!, filter));
          expect(await taken(events, filter)).toEqual(expected);
        }
      },
    );
    await fc.assert(property, { numRuns: process.env["SHALE_TEST_LONG"] === "1" ? 2500 : 60 });
  });
});

describe("compareText()", () => {
  it("orders texts as their UTF-8 bytes", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "\uffff", "\ue000", "\u{10000}", "\ud7ff", "b"),
    });
    fc.assert(
      fc.property(text, text, (left, right) => {
        const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareText(left, right))).toBe(expected);
      }),
    );
  });
});
