import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NOW_MS, run } from "./cli.test-support.ts";

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shale-questions-"));
  const lines = Array.from({ length: 240 }, (_, index) => {
    const name = ["view", "add", "buy", "refund"][index % 4 === 3 ? (index % 5) % 4 : index % 4];
    return JSON.stringify({
      event: name,
      user_id: `u${index % 17}`,
      time: new Date(Date.UTC(2026, 9, 1) + index * 5_000_000).toISOString(),
      insert_id: String(index),
      properties: {
        price: index % 30,
        country: ["IN", "US", "TR"][index % 3],
        ...(name === "view" ? { page: `/${index % 4}` } : {}),
      },
    });
  });
  const result = await run(["ingest", "--root", folder, "--shards", "2"], {
    stdin: lines.join("\n"),
  });
  expect(result.exitCode).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = (argv: readonly string[], settings = {}) => run(["--root", folder, ...argv], settings);

/** An answer or an error, without what may differ between two runs. */
function comparable(stdout: string): unknown {
  const { meta, ...value } = JSON.parse(stdout);
  return [value, meta?.timezone];
}

const range = { from: "2026-10-01", to: "2026-10-15" };
const dates = ["--from", "2026-10-01", "--to", "2026-10-15"];
const total = (event: string) => ({ select: { event }, measure: "total" });
const segmentation = { kind: "segmentation", ...range, unit: "day" };
const funnel = {
  kind: "funnel",
  ...range,
  window: "7d",
  steps: [{ event: "view" }, { event: "add" }, { event: "buy" }],
};
const retention = {
  kind: "retention",
  ...range,
  unit: "day",
  birth: { event: "view" },
  return: { event: "buy" },
};
const flow = { kind: "flow", ...range, anchors: [{ event: "view" }] };
const steps = ["funnel", "view", "add", "buy"];
const views = ["retain", "--birth", "view", "--return", "buy"];

/** Flags and the document that they stand for. */
const cases: [string[], object][] = [
  [["segment", "view", "buy"], { ...segmentation, series: [total("view"), total("buy")] }],
  [["segment"], { ...segmentation, series: [{ select: {}, measure: "total" }] }],
  [
    ["segment", "buy", "--measure", "sum(price)", "--measure", "p90(price)", "--unit", "range"],
    {
      ...segmentation,
      unit: "range",
      series: [
        { select: { event: "buy" }, measure: { sum: "price" }, label: "buy: sum(price)" },
        {
          select: { event: "buy" },
          measure: { percentile: 90, of: "price" },
          label: "buy: p90(price)",
        },
      ],
    },
  ],
  [
    ["segment", "view", "buy", "--measure", "unique", "--formula", "B/A", "--rolling", "3"],
    {
      ...segmentation,
      series: [
        { select: { event: "view" }, measure: "unique" },
        { select: { event: "buy" }, measure: "unique" },
      ],
      formula: "B/A",
      rolling: 3,
    },
  ],
  [
    ["segment", "buy", "--cumulative", "--by", "price:0,10,20", "--by", "country", "--limit", "2"],
    {
      ...segmentation,
      series: [total("buy")],
      cumulative: true,
      by: [{ property: "price", buckets: [0, 10, 20] }, "country"],
      limit: 2,
    },
  ],
  [
    ["segment", "--measure", "sessions", "--session-timeout", "2h", "--split-at-midnight"],
    {
      ...segmentation,
      series: [{ select: {}, measure: "sessions" }],
      session: { timeout: "2h", splitAtMidnight: true },
    },
  ],
  [
    ["segment", "--timezone", "Asia/Kolkata", "--week-start", "sunday", "--unit", "week"],
    {
      ...segmentation,
      unit: "week",
      series: [{ select: {}, measure: "total" }],
      timezone: "Asia/Kolkata",
      weekStart: "sunday",
    },
  ],
  [steps, funnel],
  [
    [...steps, "--window", "none", "--entry", "optimized", "--where", "price>3"],
    {
      ...funnel,
      window: null,
      entry: "optimized",
      where: { property: "price", op: "gt", value: 3 },
    },
  ],
  [[...steps, "--window", "sessions:2"], { ...funnel, window: { sessions: 2 } }],
  [
    [...steps, "--count", "totals", "--as-of", "2026-10-10", "--hold", "country"],
    { ...funnel, count: "totals", asOf: "2026-10-10", holdConstant: ["country"] },
  ],
  [
    [...steps, "--order", "strict", "--ignore", "refund"],
    { ...funnel, order: "strict", ignore: [{ event: "refund" }] },
  ],
  [[...steps, "--order", "any"], { ...funnel, order: "any" }],
  [
    [...steps, "--exclude", "refund:1-2", "--exclude", '"refund"', "--on-exclude", "remove"],
    {
      ...funnel,
      exclude: [{ event: "refund", between: [1, 2] }, { event: "refund" }],
      onExclude: "remove",
    },
  ],
  [
    [...steps, "--optional", "2", "--step-where", "3: price>5", "--step-where", "3:price<25"],
    {
      ...funnel,
      steps: [
        { event: "view" },
        { event: "add", optional: true },
        {
          event: "buy",
          where: {
            all: [
              { property: "price", op: "gt", value: 5 },
              { property: "price", op: "lt", value: 25 },
            ],
          },
        },
      ],
    },
  ],
  [
    [...steps, "--by", "country", "--attribution", "step:2", "--limit", "1"],
    { ...funnel, by: ["country"], attribution: { step: 2 }, limit: 1 },
  ],
  [
    [...steps, "--by", "country", "--attribution", "allSteps"],
    { ...funnel, by: ["country"], attribution: "allSteps" },
  ],
  [
    [...steps, "--attempt-where", "country=IN"],
    { ...funnel, attemptWhere: { property: "country", op: "eq", value: "IN" } },
  ],
  [
    [...steps, "--tie-quantum", "1000"],
    { ...funnel, ties: { quantumMs: 1000, rule: "favourable" } },
  ],
  [[...steps, "--tie-rule", "strict"], { ...funnel, ties: { quantumMs: 1, rule: "strict" } }],
  [
    [...steps, "--trend", "week", "--trend-mode", "byEntry"],
    { ...funnel, trend: { mode: "byEntry", unit: "week" } },
  ],
  [
    [...steps, "--count", "sessions", "--session-timeout", "2h"],
    { ...funnel, count: "sessions", session: { timeout: "2h" } },
  ],
  [views, retention],
  [["retain"], { ...retention, birth: {}, return: {} }],
  [
    ["retain", "--birth", "view", "--birth", "add", "--birth-where", "country=IN"],
    {
      ...retention,
      birth: { event: ["view", "add"], where: { property: "country", op: "eq", value: "IN" } },
      return: {},
    },
  ],
  [
    [...views, "--return-where", "price>=5", "--buckets", "3", "--clock", "calendar"],
    {
      ...retention,
      return: { event: "buy", where: { property: "price", op: "gte", value: 5 } },
      buckets: 3,
      clock: "calendar",
    },
  ],
  [
    [...views, "--brackets", "0,1-3, 4-7", "--mode", "onOrAfter", "--cohort", "firstEver"],
    {
      ...retention,
      brackets: [
        [0, 0],
        [1, 3],
        [4, 7],
      ],
      mode: "onOrAfter",
      cohort: "firstEver",
    },
  ],
  [
    [
      ...views,
      "--unit",
      "week",
      "--min-occurrences",
      "2",
      "--average",
      "simple",
      "--by",
      "country",
    ],
    { ...retention, unit: "week", minOccurrences: 2, average: "simple", by: ["country"] },
  ],
  [["flow", "view"], flow],
  [
    ["flow", "view", "buy", "--before", "1", "--after", "2", "--top-k", "2", "--window", "3d"],
    {
      ...flow,
      anchors: [{ event: "view" }, { event: "buy" }],
      before: 1,
      after: 2,
      topK: 2,
      window: "3d",
    },
  ],
  [
    ["flow", "view", "--mode", "paths", "--paths", "4", "--collapse-repeats", "--hide", "refund"],
    { ...flow, mode: "paths", paths: 4, collapseRepeats: true, hide: [{ event: "refund" }] },
  ],
  [
    ["flow", "view", "--include", "add", "--group-by", "page", "--count", "totals"],
    { ...flow, include: [{ event: "add" }], groupBy: "page", count: "totals" },
  ],
  [
    ["flow", "view", "--count", "sessions", "--session-timeout", "2h"],
    { ...flow, count: "sessions", session: { timeout: "2h" } },
  ],
];

describe("flags stand for the query document", () => {
  test.each(cases)("%j", async (argv, document) => {
    const flags = await ask([...argv, ...dates, "--json"]);
    const query = await ask(["query", "--json", "--query", JSON.stringify(document)]);
    expect(comparable(flags.stdout)).toEqual(comparable(query.stdout));
    expect(flags.exitCode).toBe(query.exitCode);
    expect(comparable(query.stdout)).not.toMatchObject([{ error: { code: "QUERY_INVALID" } }]);
  });

  test.each(["csv", "ndjson", "arrow"])(
    "as %s they print what shale query prints",
    async (format) => {
      const flags = await ask([...steps, ...dates, "--format", format]);
      const query = ["query", "--query", JSON.stringify(funnel), "--format", format];
      expect(flags).toEqual(await ask(query));
      expect(flags.stdout).not.toBe("");
    },
  );

  test("a format that does not fit is wrong usage", async () => {
    const both = await ask([...steps, "--json", "--format", "csv"]);
    expect(JSON.parse(both.stdout)).toMatchObject({ error: { code: "USAGE" } });
    const terminal = await ask(["flow", "view", "--format", "arrow"], { isTTY: true });
    expect(terminal).toMatchObject({ exitCode: 64, stdout: "" });
  });

  test("without a range they ask about the last 30 days", async () => {
    const to = new Date(NOW_MS + 43_200_000).toISOString().slice(0, 10);
    const query = JSON.stringify({ ...funnel, from: "2026-10-17", to });
    const flags = await ask([...steps, "--json"]);
    const document = await ask(["query", "--json", "--query", query]);
    expect(comparable(flags.stdout)).toEqual(comparable(document.stdout));
  });
});

describe("for people", () => {
  const questions: [string, string[]][] = [
    ["segment", ["segment", "view", "--by", "country"]],
    ["funnel", [...steps, "--by", "country", "--trend", "week"]],
    ["retain", [...views, "--as-of", "2026-10-12"]],
    ["flow", ["flow", "view", "--before", "1"]],
  ];
  test.each(questions)(
    "%s has a heading, fits, and has colour on a terminal only",
    async (_n, argv) => {
      for (const columns of [40, 100]) {
        const plain = await ask([...argv, ...dates], { columns });
        expect(plain).toMatchObject({ exitCode: 0, stderr: "" });
        expect(plain.stdout).toContain("2026-10-15");
        expect(plain.stdout).not.toContain("\u001b");
        for (const line of plain.stdout.split("\n"))
          expect(line.length).toBeLessThanOrEqual(columns);
        const settings = { columns, isTTY: true };
        expect((await ask([...argv, ...dates], settings)).stdout).toContain("\u001b[");
        const off = [
          await ask([...argv, ...dates, "--no-color"], settings),
          await ask([...argv, ...dates], { ...settings, env: { NO_COLOR: "1" } }),
          await ask([...argv, ...dates], { ...settings, env: { TERM: "dumb" } }),
        ];
        for (const { stdout } of off) expect(stdout).toBe(plain.stdout);
      }
    },
  );

  test.each(questions)("%s says what it cost with --verbose", async (_name, argv) => {
    const { stderr } = await ask([...argv, ...dates, "--verbose"]);
    expect(stderr).toMatch(/as of 20.*spec A, 2 shards, [\d,]+ rows scanned/);
  });
});

describe("names that do not exist are named in a note", () => {
  test.each([
    [["segment", "veiw"], 'There is no event "veiw"; did you mean "view"?'],
    [["segment", "view", "bux"], 'There is no event "bux"; did you mean "buy"?'],
    [["segment", "buy", "--measure", "sum(prise)"], 'no property "prise"; did you mean "price"?'],
    [["segment", "buy", "--by", "contry"], 'no property "contry"; did you mean "country"?'],
    [["segment", "buy", "--where", "contry=IN"], 'no property "contry"; did you mean "country"?'],
    [["funnel", "view", "bux"], 'There is no event "bux"; did you mean "buy"?'],
    [["funnel", "veiw", "buy"], 'There is no event "veiw"; did you mean "view"?'],
    [["funnel", "view", "buy", "--exclude", "refnd:1-2"], '"refnd"; did you mean "refund"?'],
    [["funnel", "view", "buy", "--step-where", "2:prise>1"], '"prise"; did you mean "price"?'],
    [["funnel", "view", "buy", "--by", "contry"], '"contry"; did you mean "country"?'],
    [["retain", "--birth", "veiw"], 'There is no event "veiw"; did you mean "view"?'],
    [["retain", "--birth", "view", "--return", "bux"], '"bux"; did you mean "buy"?'],
    [["flow", "veiw"], 'There is no event "veiw"; did you mean "view"?'],
    [["flow", "view", "--hide", "ad"], 'There is no event "ad"; did you mean "add"?'],
    [["flow", "nothing-like-it"], 'There is no event "nothing-like-it"'],
  ])("%j", async (argv, note) => {
    const { exitCode, stderr, stdout } = await ask([...argv, ...dates, "--json"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(note);
    expect(JSON.parse(stdout)).toHaveProperty("kind");
  });

  test("and the days of the events, where the range has none of them", async () => {
    const outside = ["--from", "2025-01-01", "--to", "2025-02-01"];
    for (const argv of [["segment", "view"], ["funnel", "view", "buy"], ["flow", "view"], views]) {
      const { stderr } = await ask([...argv, ...outside]);
      expect(stderr).toContain(
        "Nothing matches in this range; these events lie between 2026-10-01",
      );
    }
  });

  test("good names get none, also where they only take away", async () => {
    for (const argv of [
      [...steps, "--exclude", "refund"],
      ["flow", "view", "--hide", "add"],
    ]) {
      expect((await ask([...argv, ...dates])).stderr).toBe("");
    }
  });
});
