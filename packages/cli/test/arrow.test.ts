import { Writable } from "node:stream";
import type { PlainTable } from "@shale/engine";
import type { TimelineAnswer } from "@shale/model";
import { tableFromIPC } from "apache-arrow";
import { expect, test } from "vitest";
import { run, storeOf } from "./cli.test-support.ts";

const answer: TimelineAnswer = {
  kind: "timeline",
  events: [
    {
      ...{ event: "view", user_id: "ü", time: "2026-10-01T00:00:00.000Z", insert_id: "1" },
      properties: { price: 1.5 },
    },
  ],
  cursor: null,
  meta: {
    ...{ asOf: "2026-11-01T00:00:00.000Z", spec: "A", snapshot: "s", timezone: "UTC" },
    stats: {
      ...{ filesPlanned: 0, filesPruned: 0, filesFromFooter: 0, rowsScanned: 0, shards: 1 },
      ...{ retries: 0, skipped: 0, tieOverflow: 0, historyFrom: null, elapsedMs: 0 },
      bytesRead: { memory: 0, disk: 0, store: 0 },
    },
  },
};
const plain: PlainTable = {
  columns: [
    { name: "7", type: "bigint", cells: [9n, null] },
    { name: "when", type: "timestamp", cells: [1.5, null] },
    { name: "a", type: "string", cells: [null, "ü"] },
  ],
  rowCount: 2,
};
const store = storeOf({ query: async () => answer as never, querySql: async () => plain });

/** Runs a command with a binary standard output. */
async function bytesOf(argv: readonly string[]): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  const { exitCode, stderr } = await run(argv, { ...store, stdout });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return Buffer.concat(chunks);
}

test("query --format arrow writes the answer as an Arrow stream", async () => {
  const table = tableFromIPC(await bytesOf(["query", "--format", "arrow", "--query", "{}"]));
  const names = table.schema.fields.map(({ name }) => name);
  expect(names).toEqual(["event", "user_id", "time", "insert_id", "price"]);
  expect(table.get(0)?.toJSON()).toMatchObject({ user_id: "ü", price: 1.5 });
});

test("sql --format arrow writes the table as an Arrow stream, its columns in their order", async () => {
  const table = tableFromIPC(await bytesOf(["sql", "--format", "arrow", "select 1"]));
  expect(table.schema.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "7 Int64",
    "when Timestamp<MICROSECOND, UTC>",
    "a Utf8",
  ]);
  const columns = [0, 1, 2].map((index) => table.getChildAt(index)?.toArray());
  expect(columns[0]).toEqual(BigInt64Array.of(9n, 0n));
  expect(table.getChildAt(1)?.data[0]?.values).toEqual(BigInt64Array.of(1500n, 0n));
  expect(table.getChildAt(2)?.get(1)).toBe("ü");
});

test.each([
  ["query", "--query", "{}"],
  ["sql", "select 1"],
])("%s does not print Arrow on a terminal", async (...argv) => {
  const result = await run([...argv, "--format", "arrow"], { ...store, isTTY: true });
  expect(result.exitCode).toBe(64);
  expect(result.stdout).toBe("");
  expect(result.stderr).toContain("Cannot print an Arrow stream on a terminal");
});
