import { ShaleError } from "@shale/model";
import { expect, test } from "vitest";
import { openStore } from "../open-store.ts";
import type { IngestSource } from "../store.ts";

function sourceOf(file: string, text: string): IngestSource {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(text);
  }
  return { file, bytes: bytes() };
}
function lineOf(user: number): string {
  return `${JSON.stringify({ event: "view", user_id: `u${user}`, time: "2026-10-01T00:00:00Z" })}\n`;
}
const total = {
  kind: "segmentation",
  unit: "range",
  from: "2026-10-01",
  to: "2026-10-02",
  series: [{ select: {}, measure: "total" }],
} as const;

test("ingest() with file-line ids changes nothing when it is repeated", async () => {
  await using store = await openStore({ root: ":memory:" });
  const project = await store.project("shop");
  const text = Array.from({ length: 50 }, (_, user) => lineOf(user)).join("");
  for (let round = 0; round < 2; round++) {
    const report = await project.ingest([sourceOf("a.ndjson", text), sourceOf("b.ndjson", text)], {
      insertIds: "file-line",
    });
    expect(report).toMatchObject({ accepted: 100, duplicates: 0, rejectedCount: 0 });
    expect((await project.query(total)).series[0]?.overall.range).toBe(100);
  }
});

test("ingest() names file, line and code of what it refuses and keeps the rest", async () => {
  await using store = await openStore({ root: ":memory:" });
  const project = await store.project("shop");
  const report = await project.ingest([sourceOf("a", `${lineOf(1)}nonsense\n${lineOf(2)}`)]);
  expect(report).toMatchObject({
    accepted: 2,
    rejectedCount: 1,
    rejected: [{ file: "a", line: 2, code: "EVENT_JSON" }],
  });
});

test("a source that fails ends the call after what came before was committed", async () => {
  await using store = await openStore({ root: ":memory:" });
  const project = await store.project("shop");
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(lineOf(1) + lineOf(2) + lineOf(3).slice(0, 20));
    throw new ShaleError("INPUT_TRUNCATED", "the stream broke");
  }
  await expect(project.ingest([{ file: "a", bytes: failing() }])).rejects.toMatchObject({
    code: "INPUT_TRUNCATED",
    details: { report: { accepted: 2, rejectedCount: 0 } },
  });
  expect((await project.query(total)).series[0]?.overall.range).toBe(2);
});

test("an abort commits what was appended and says how much that is", async () => {
  await using store = await openStore({ root: ":memory:" });
  const project = await store.project("shop");
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let user = 0; ; user++) {
      if (user === 40_000) stop.abort(new Error("enough"));
      yield new TextEncoder().encode(lineOf(user));
    }
  }
  const failure = await project
    .ingest([{ file: "a", bytes: endless() }], { signal: stop.signal })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "CANCELLED" });
  const { accepted } = (failure as { details: { report: { accepted: number } } }).details.report;
  expect((await project.query(total)).series[0]?.overall.range).toBe(accepted);
  expect(accepted).toBeGreaterThan(0);
});
