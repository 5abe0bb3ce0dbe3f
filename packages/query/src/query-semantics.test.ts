import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { StoredEvent } from "@shale/model";
import { createTailCache } from "@shale/scan";
import { describe, expect, it } from "vitest";
import { createTestLog } from "../../scan/test/test-log.ts";
import { withoutMeta } from "../test/ask.ts";
import { parseQuery, runQuery } from "./index.ts";

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));

interface Example {
  readonly heading: string;
  readonly events: string;
  readonly query: string;
  readonly answer: string;
}

/** Three blocks in a row: events, a query, its answer. */
function examplesOf(text: string): Example[] {
  const examples: Example[] = [];
  const block = "```json (events|query|answer)\\n([^]*?)\\n```";
  const parts = [...text.matchAll(new RegExp(`^#+ (.*)$|^${block}$`, "gm"))];
  let heading = "";
  let blocks: Record<string, string> = {};
  for (const [, title, name = "", body = ""] of parts) {
    if (title !== undefined) {
      heading = title;
      continue;
    }
    blocks[name] = body;
    if (name !== "answer") continue;
    const { events = "", query = "", answer = "" } = blocks;
    examples.push({ heading, events, query, answer });
    blocks = {};
  }
  return examples;
}

/** One page a kind, what they share, and what others call it. */
const pages: readonly (readonly [name: string, count: number])[] = [
  ["query-semantics.md", 2],
  ["coming-from.md", 2],
  ...readdirSync(`${docs}queries`).map((name) => [`queries/${name}`, 1] as const),
];

it("has a page for each kind of query", () => {
  const kinds = ["segmentation", "funnel", "retention", "flow", "lifecycle", "stickiness"];
  const wanted = [...kinds, "users", "timeline", "cohorts"].map((kind) => `queries/${kind}.md`);
  expect(pages.map(([name]) => name)).toEqual(expect.arrayContaining(wanted));
});

describe.each(pages)("docs/%s", (name, count) => {
  const examples = examplesOf(readFileSync(`${docs}${name}`, "utf8"));

  it("has examples", () => {
    expect(examples.length).toBeGreaterThanOrEqual(count);
    for (const { events, query, answer } of examples) {
      expect([events, query, answer]).not.toContain("");
    }
  });

  it.each(examples)("is right about: $heading", async ({ events, query, answer }) => {
    const log = createTestLog();
    const sent = events.split("\n").map((line): Partial<StoredEvent> => JSON.parse(line));
    await log.flush(
      1,
      sent.map(({ event = "", user_id = "", time = "", insert_id, properties }) => {
        return { event, user: user_id, atMs: Date.parse(time), insertId: insert_id, properties };
      }),
    );
    const found = await runQuery(log.env, {
      pin: log.pin(),
      parsed: parseQuery(JSON.parse(query)),
      nowMs: 0,
      cache: createTailCache({ bytesMax: 2 ** 20 }),
    });
    expect(withoutMeta(found)).toEqual(JSON.parse(answer));
  });
});
