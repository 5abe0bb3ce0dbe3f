import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SegmentationAnswer } from "@shale/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./cli.test-support.ts";
import { isThere, realFiles, realFolder } from "./real-files.test-support.ts";

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "shale-real-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function answerOf(argv: readonly string[], project: string): Promise<unknown> {
  const result = await run([...argv, "--json", "--root", root, "--project-id", project]);
  expect(result.exitCode, result.stdout).toBe(0);
  return JSON.parse(result.stdout);
}

function withoutMeta(answer: unknown): unknown {
  return { ...(answer as SegmentationAnswer), meta: null };
}

const files = realFiles();
describe.skipIf(!isThere)("the nine public files", () => {
  test.each(files)("$file: rows, users, names and days are those of its table", async (real) => {
    const project = real.file.split(".")[0] ?? "";
    const path = join(realFolder, real.file);
    const ingest = ["ingest", path, "--insert-ids", "file-line", "--shards=4"];
    const report = { accepted: real.rows, duplicates: 0, rejectedCount: 0, rejected: [] };
    expect(await answerOf(ingest, project)).toMatchObject(report);

    const range = ["--from", String(real.firstMs), "--to", String(real.lastMs + 1)];
    const questions = [
      ["segment", ...range, "--unit", "range", "--by", "$event", "--limit", "100"],
      ["segment", ...range, "--unit", "month", "--by", "$event", "--measure", "unique"],
      ["head", "50"],
    ];
    const ask = async (): Promise<unknown[]> => {
      const answers: unknown[] = [];
      for (const argv of questions) answers.push(withoutMeta(await answerOf(argv, project)));
      return answers;
    };
    const first = await ask();
    const [total, unique] = first as SegmentationAnswer[];
    expect(total?.series[0]?.overall.range).toBe(real.rows);
    expect(total?.series[0]?.segments).toHaveLength(real.names);
    expect(unique?.series[0]?.overall.range).toBe(real.users);

    // The same ids again: the log holds every row twice, and no answer knows.
    expect(await answerOf(ingest, project)).toMatchObject(report);
    expect(await ask()).toEqual(first);
  });

  test("there are nine of them", () => {
    expect(files).toHaveLength(9);
  });
});
