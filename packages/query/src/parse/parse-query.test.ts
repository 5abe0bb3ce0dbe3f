import { ShaleError } from "@shale/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";
import { parseQuery } from "./parse-query.ts";

const valid = {
  kind: "segmentation",
  from: "2026-10-01",
  to: "2026-11-01",
  unit: "day",
  series: [{ select: { event: "purchase" }, measure: "total" }],
};

/** A copy of `valid` with the value at a path replaced. */
function withValue(path: readonly (string | number)[], value: unknown): Record<string, unknown> {
  const copy = structuredClone(valid) as Record<string, unknown>;
  let at: Record<string | number, unknown> = copy;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  at[path.at(-1)!] = value;
  return copy;
}

function errorOf(document: unknown): ShaleError {
  try {
    parseQuery(document);
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(document)}`);
}

describe("parseQuery() of a segmentation", () => {
  it("fills in what was left out", () => {
    expect(parseQuery(valid)).toEqual({
      kind: "segmentation",
      fromMs: Date.UTC(2026, 9, 1),
      toMs: Date.UTC(2026, 10, 1),
      timezone: "UTC",
      weekStart: "monday",
      where: undefined,
      asOfMs: undefined,
      session: { timeoutMs: 1_800_000, splitAtMidnight: false },
      unit: "day",
      by: undefined,
      limit: 10,
      formula: undefined,
      rolling: undefined,
      cumulative: false,
      series: [
        {
          label: "purchase",
          measure: { kind: "total" },
          select: { events: ["purchase"], where: undefined, label: undefined },
        },
      ],
    });
  });

  it("reads every option that is answered", () => {
    const parsed = parseQuery({
      ...valid,
      timezone: "Europe/Berlin",
      weekStart: "sunday",
      asOf: 1_790_000_000_000,
      session: { timeout: "30m", splitAtMidnight: false },
      where: {
        all: [
          { property: "country", op: "in", value: ["DE", 1, true] },
          { any: [{ not: { property: "a", op: "isSet" } }] },
          { property: "$event", op: "startsWith", value: "P", ignoreCase: true },
        ],
      },
      by: ["country", { property: "price", buckets: [0, 10, 100] }],
      limit: 3,
      cumulative: false,
      series: [
        { select: {}, measure: "unique" },
        { select: { event: ["a", "b"] }, measure: "total" },
        { select: { event: "a", label: "L" }, measure: "total" },
        { select: { event: "a", label: "L" }, measure: "total", label: "M" },
      ],
    });
    expect(parsed).toMatchObject({
      fromMs: Date.parse("2026-10-01T00:00:00+02:00"),
      toMs: Date.parse("2026-11-01T00:00:00+01:00"),
      asOfMs: 1_790_000_000_000,
      limit: 3,
      by: [
        { property: "country", buckets: undefined },
        { property: "price", buckets: [0, 10, 100] },
      ],
      series: [{ label: "any event" }, { label: "a, b" }, { label: "L" }, { label: "M" }],
      where: {
        kind: "all",
        filters: [
          { kind: "property", op: "in", values: ["DE", 1, true], ignoreCase: false },
          { kind: "any", filters: [{ kind: "not", filter: { op: "isSet", values: [] } }] },
          { property: "$event", values: ["P"], ignoreCase: true },
        ],
      },
    });
  });

  it("reads instants with a zone, in ms, as Date and as a date", () => {
    const fromOf = (from: unknown, timezone = "UTC"): number => {
      const parsed = parseQuery({ ...valid, from, timezone });
      return ("fromMs" in parsed ? parsed.fromMs : undefined) ?? Number.NaN;
    };
    const wanted = Date.parse("2026-10-01T10:11:12.345Z");
    for (const from of [
      "2026-10-01T10:11:12.345Z",
      "2026-10-01t10:11:12.3456789z",
      "2026-10-01 12:11:12,345+02:00",
      "2026-10-01T05:41:12.345-0430",
      "2026-10-01T12:11:12.345+02",
      wanted,
      new Date(wanted),
    ]) {
      expect(fromOf(from)).toBe(wanted);
    }
    expect(fromOf("2026-10-01T10:11Z")).toBe(Date.parse("2026-10-01T10:11:00Z"));
    expect(fromOf("2018-11-04", "America/Sao_Paulo")).toBe(Date.parse("2018-11-04T03:00:00Z"));
    expect(fromOf("1500-01-01")).toBe(Date.parse("1500-01-01T00:00:00Z"));
  });

  const refused: [string, (string | number)[], unknown, string, RegExp][] = [
    ["an unknown kind", ["kind"], "segmentaton", "kind", /did you mean "segmentation"\?/],
    ["no kind", ["kind"], undefined, "kind", /it is missing/],
    ["a misspelt field", ["timezome"], "UTC", "timezome", /did you mean "timezone"\?/],
    ["a local time", ["from"], "2026-10-01T00:00:00", "from", /has no zone/],
    ["a date that is none", ["from"], "2026-02-30", "from", /does not exist/],
    ["an hour that is none", ["from"], "2026-02-03T25:00:00Z", "from", /does not exist/],
    ["a fraction of a ms", ["from"], 1.5, "from", /must be a date/],
    ["no from", ["from"], undefined, "from", /it is missing/],
    ["an invalid Date", ["from"], new Date(Number.NaN), "from", /must be a date/],
    ["a year of five digits", ["to"], 1e15, "to", /years 1 to 9999/],
    ["from after to", ["to"], "2026-09-30", "to", /must lie after from/],
    ["an empty range", ["to"], "2026-10-01", "to", /must lie after from/],
    ["an unknown zone", ["timezone"], "Mars/Olympus", "timezone", /IANA/],
    ["an offset for a zone", ["timezone"], "+05:30", "timezone", /IANA/],
    ["another week", ["weekStart"], "tuesday", "weekStart", /monday, sunday/],
    ["an unknown unit", ["unit"], "days", "unit", /did you mean "day"\?/],
    ["no series", ["series"], [], "series", /must hold 1 to 26/],
    ["series by itself", ["series"], { select: {} }, "series", /a list/],
    ["no select", ["series", 0, "select"], undefined, "series[0].select", /undefined/],
    ["a select by name", ["series", 0, "select"], "purchase", "series[0].select", /an object/],
    ["no event", ["series", 0, "select", "event"], [], "series[0].select.event", /must hold/],
    ["a nameless event", ["series", 0, "select", "event"], "", "series[0].select.event", /empty/],
    ["a number as event", ["series", 0, "select", "event"], [1], "series[0].select.event[0]", /1/],
    ["an unknown measure", ["series", 0, "measure"], "totl", "series[0].measure", /"total"\?/],
    ["no measure", ["series", 0, "measure"], {}, "series[0].measure", /is empty/],
    ["an odd measure", ["series", 0, "measure"], { summ: "a" }, "series[0].measure.summ", /"sum"/],
    ["a negative limit", ["limit"], -1, "limit", /whole number from 1 to 10000/],
    ["half a limit", ["limit"], 2.5, "limit", /whole number/],
    ["a key by itself", ["by"], "country", "by", /a list/],
    ["five keys", ["by"], ["a", "b", "c", "d", "e"], "by", /0 to 4/],
    ["one edge", ["by"], [{ property: "a", buckets: [1] }], "by[0].buckets", /2 to 1000/],
    ["falling edges", ["by"], [{ property: "a", buckets: [1, 1] }], "by[0].buckets[1]", /rise/],
    ["a NaN edge", ["by"], [{ property: "a", buckets: [0, NaN] }], "by[0].buckets[1]", /finite/],
    ["a session of nothing", ["session"], { timeout: "0m" }, "session.timeout", /span/],
    ["a session without unit", ["session"], { timeout: "30" }, "session.timeout", /span/],
    ["a cumulative word", ["cumulative"], "yes", "cumulative", /true or false/],
    ["a formula of nothing", ["formula"], "A / B", "formula", /A is the only series/],
    ["no interval to roll", ["rolling"], 0, "rolling", /whole number from 1 to 1000/],
  ];
  it.each(refused)("refuses %s", (_, path, value, at, message) => {
    const error = errorOf(withValue(path, value));
    expect(error).toMatchObject({ code: "QUERY_INVALID", path: at });
    expect(error.message).toMatch(message);
  });

  const filters: [string, unknown, string, RegExp][] = [
    ["no object", "x", "where", /a filter/],
    ["a list", [], "where", /a list of 0/],
    ["nothing", {}, "where", /it has none/],
    ["a misspelt field", { proprety: "a" }, "where.proprety", /did you mean "property"/],
    ["a misspelt value", { property: "a", op: "eq", valeu: 1 }, "where.valeu", /"value"\?/],
    ["a misspelt op", { property: "a", op: "eqq", value: 1 }, "where.op", /did you mean "eq"\?/],
    ["no op", { property: "a", value: 1 }, "where.op", /it is missing/],
    ["two forms", { all: [], any: [] }, "where.any", /a field of a filter/],
    ["a null", { property: "a", op: "eq", value: null }, "where.value", /isNotSet/],
    ["a list for eq", { property: "a", op: "eq", value: ["a"] }, "where.value", /several: in/],
    ["no value", { property: "a", op: "neq" }, "where.value", /it is missing/],
    ["NaN", { property: "a", op: "lt", value: Number.NaN }, "where.value", /finite/],
    ["a boolean for lt", { property: "a", op: "lt", value: true }, "where.value", /for lt/],
    ["a number for contains", { property: "a", op: "contains", value: 1 }, "where.value", /text/],
    ["a value for isSet", { property: "a", op: "isSet", value: 1 }, "where.value", /left out/],
    ["a word for in", { property: "a", op: "in", value: "a" }, "where.value", /a list/],
    ["a list in in", { property: "a", op: "in", value: [[1]] }, "where.value[0]", /for in/],
    ["deep inside", { all: [{ any: [{ not: { property: 1, op: "eq", value: 1 } }] }] }, "", /name/],
  ];
  it.each(filters)("refuses a filter that is or holds %s", (_, where, at, message) => {
    const error = errorOf({ ...valid, where });
    const path = at === "" ? "where.all[0].any[0].not.property" : at;
    expect(error).toMatchObject({ code: "QUERY_INVALID", path });
    expect(error.message).toMatch(message);
  });

  it("names the path of a filter inside a series", () => {
    const where = { property: "a", op: "=", value: 1 };
    const error = errorOf(withValue(["series", 0, "select", "where"], where));
    expect(error).toMatchObject({ code: "QUERY_INVALID", path: "series[0].select.where.op" });
    expect(error.details).toMatchObject({ allowed: expect.arrayContaining(["eq", "isSet"]) });
  });

  it("refuses filters that nest too deep, are too many, or hold themselves", () => {
    let deep: unknown = { property: "a", op: "isSet" };
    for (let i = 0; i < 40; i++) deep = { not: deep };
    expect(errorOf({ ...valid, where: deep }).message).toMatch(/more than 32 filters deep/);
    const wide = Array.from({ length: 40 }, () => ({ all: new Array(30).fill({ all: [] }) }));
    expect(errorOf({ ...valid, where: { any: wide } }).message).toMatch(/more than 1000 filters/);
    const self: { all: unknown[] } = { all: [] };
    self.all.push(self, self);
    expect(errorOf({ ...valid, where: self })).toMatchObject({ code: "QUERY_INVALID" });
  });

  it("adds users up by who they are, and refuses to add up what is no sum", () => {
    const measured = (...measures: unknown[]) => {
      return {
        ...valid,
        cumulative: true,
        series: measures.map((measure) => ({ select: {}, measure })),
      };
    };
    expect(parseQuery(measured("unique", { sum: "p" }, "sessions"))).toMatchObject({
      cumulative: true,
      series: [{ measure: { kind: "cumulativeUnique" } }, {}, { measure: { kind: "sessions" } }],
    });
    for (const measure of [{ avg: "p" }, "dau", { distinct: "p" }, { median: "p" }]) {
      const error = errorOf(measured("total", measure));
      expect(error).toMatchObject({ code: "QUERY_INVALID", path: "cumulative" });
      expect(error.message).toMatch(/series\[1\] does not/);
    }
  });

  it("refuses what is no object at all", () => {
    for (const document of [null, undefined, "{}", 3, [], new Date()]) {
      expect(errorOf(document)).toMatchObject({ code: "QUERY_INVALID", path: "" });
    }
  });
});

describe("parseQuery() of a timeline", () => {
  it("fills in what was left out", () => {
    expect(parseQuery({ kind: "timeline", user_id: "u1" })).toEqual({
      kind: "timeline",
      userId: "u1",
      fromMs: undefined,
      toMs: undefined,
      timezone: "UTC",
      select: { events: undefined, where: undefined, label: undefined },
      direction: "asc",
      limit: 100,
      cursor: undefined,
    });
  });

  it("refuses wrong fields with their path", () => {
    const timeline = { kind: "timeline", user_id: "u1" };
    const refusals: [Record<string, unknown>, string][] = [
      [{ kind: "timeline" }, "user_id"],
      [{ ...timeline, userId: "u1" }, "userId"],
      [{ ...timeline, direction: "up" }, "direction"],
      [{ ...timeline, limit: 0 }, "limit"],
      [{ ...timeline, cursor: 1 }, "cursor"],
      [{ ...timeline, from: "2026-10-02", to: "2026-10-01" }, "to"],
      [{ ...timeline, select: { events: "a" } }, "select.events"],
    ];
    for (const [document, path] of refusals) {
      expect(errorOf(document)).toMatchObject({ code: "QUERY_INVALID", path });
    }
  });
});

describe("parseQuery() of anything", () => {
  it("throws nothing but its two errors", () => {
    const leaf = fc.oneof(
      fc.constantFrom("segmentation", "day", "total", "eq", "2026-10-01", "UTC", "a"),
      fc.anything({ maxDepth: 1, maxKeys: 2 }),
    );
    const name = fc.constantFrom(
      ...["kind", "from", "to", "unit", "series", "select", "measure", "event", "where", "by"],
      ...["property", "op", "value", "all", "any", "not", "limit", "user_id", "session", "asOf"],
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "medium" },
        leaf,
        fc.dictionary(name, tie("tree")),
        fc.array(tie("tree"), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, tree), fc.boolean(), (fields, whole) => {
        try {
          parseQuery(whole ? { ...valid, ...fields } : fields);
        } catch (error) {
          expect(error).toBeInstanceOf(ShaleError);
          expect((error as ShaleError).code).toBe("QUERY_INVALID");
          expect((error as ShaleError).path).toBeTypeOf("string");
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("nearestName()", () => {
  it("forgives a slip and no more", () => {
    const names = ["startsWith", "eq", "total", "timezone"];
    expect(nearestName("startWith", names)).toBe("startsWith");
    expect(nearestName("STARTSWITH", names)).toBe("startsWith");
    expect(nearestName("qe", names)).toBe("eq");
    expect(nearestName("toatl", names)).toBe("total");
    expect(nearestName("equals", names)).toBeUndefined();
    expect(nearestName("purchase", names)).toBeUndefined();
  });
});
