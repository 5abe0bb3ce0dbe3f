import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EventInput, Query } from "@shale/model";
import { manualClock, referenceStore } from "@shale/testing";
import { describe, expect, test } from "vitest";

// The engine is held to the same pages by packages/query/src/query-semantics.test.ts.
const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));
const pages = readdirSync(docs, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .sort();

interface Example {
  readonly heading: string;
  readonly events: readonly EventInput[];
  readonly query: Query;
  readonly answer: unknown;
}

/** Three blocks in a row: events, a query, its answer. */
function examplesOf(text: string): Example[] {
  const examples: Example[] = [];
  const block = "```json (events|query|answer)\\n([^]*?)\\n```";
  let heading = "";
  let blocks: Record<string, string> = {};
  for (const [, title, name = "", body = ""] of text.matchAll(
    new RegExp(`^#+ (.*)$|^${block}$`, "gm"),
  )) {
    if (title !== undefined) heading = title;
    else blocks[name] = body;
    if (name !== "answer") continue;
    const events = (blocks["events"] ?? "").split("\n").map((line): EventInput => JSON.parse(line));
    const [query, answer] = [blocks["query"] ?? "", blocks["answer"] ?? ""].map((part): unknown =>
      JSON.parse(part),
    );
    examples.push({ heading, events, query: query as Query, answer });
    blocks = {};
  }
  return examples;
}

/** Ids that were not sent tell the place in a log, and the reference has another one. */
function withoutDerivedIds(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace(/"~\d+-\d+"/g, '"derived"'));
}

const found = pages.map((page) => ({
  page,
  examples: examplesOf(readFileSync(`${docs}${page}`, "utf8")),
}));

test("the pages have examples", () => {
  expect(found.flatMap(({ examples }) => examples).length).toBeGreaterThan(25);
});

describe.each(found.filter(({ examples }) => examples.length > 0))(
  "$page, to the reference,",
  ({ examples }) => {
    test.each(examples)("is right about: $heading", async ({ events, query, answer }) => {
      const store = referenceStore({ clock: manualClock(0) });
      await store.append(events);
      const { meta: _meta, ...given } = await store.query(query);
      expect(withoutDerivedIds(given)).toEqual(withoutDerivedIds(answer));
    });
  },
);
