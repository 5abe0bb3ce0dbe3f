import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { StoredEvent } from "@shale/model";
import { createTailCache } from "@shale/scan";
import { describe, expect, it } from "vitest";
import { createTestLog } from "../../scan/test/test-log.ts";
import { withoutMeta } from "../test/ask.ts";
import { parseQuery, runQuery } from "./index.ts";

const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));

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

describe.each([
  ["query-semantics.md", 6],
  ["coming-from.md", 2],
])("docs/%s", (name, count) => {
  const page = pathOf(name);
  expect(existsSync(page)).toBe(true);
  const examples = examplesOf(readFileSync(page, "utf8"));

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
