import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectStatus } from "@shale/engine";
import type { SegmentationAnswer } from "@shale/model";
import { DAY_MS } from "@shale/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { duckdbSums, shownSums, sumsOf } from "../../testing/test/duckdb-sums.test-support.ts";
import { run } from "./cli.test-support.ts";
import { isThere, type RealFile, realFiles, realFolder } from "./real-files.test-support.ts";

/** One shard where their number does not matter: a file of 1,400 days has 11,000 shard-days by 8. */
const SHARDS: Readonly<Record<string, number>> = { apache_access: 8, wikiticker: 8 };

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "shale-real-days-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function outputOf(argv: readonly string[], project: string): Promise<string> {
  const result = await run([...argv, "--root", root, "--project-id", project]);
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  return result.stdout;
}
async function documentOf<T>(argv: readonly string[], project: string): Promise<T> {
  return JSON.parse(await outputOf([...argv, "--json"], project)) as T;
}

interface Answers {
  readonly byName: SegmentationAnswer;
  readonly byMonth: SegmentationAnswer;
  readonly daily: readonly SegmentationAnswer[];
  readonly head: unknown;
  readonly exported: string;
}

async function answersOf(project: string, { firstMs, lastMs }: RealFile): Promise<Answers> {
  const range = ["--from", String(firstMs), "--to", String(lastMs + 1)];
  async function segments(...rest: readonly string[]): Promise<SegmentationAnswer> {
    const answer = await documentOf<SegmentationAnswer>(["segment", ...range, ...rest], project);
    // What it took to answer is another matter after a compaction.
    return { ...answer, meta: { ...answer.meta, stats: {}, snapshot: "", asOf: "" } } as never;
  }
  return {
    byName: await segments("--unit", "range", "--by", "$event", "--limit", "100"),
    byMonth: await segments("--unit", "month", "--by", "$event", "--measure", "unique"),
    daily: [
      await segments("--unit", "day"),
      await segments("--unit", "day", "--measure", "unique"),
    ],
    head: await documentOf<unknown>(["head", "50"], project),
    exported: await outputOf(["export"], project),
  };
}

/** By day, what the engine answered; days with nothing left out. */
function byDay(answer: SegmentationAnswer | undefined): Map<number, number> {
  const values = answer?.series[0]?.overall.values ?? [];
  const days = answer?.intervals.map((text, i) => [Date.parse(text) / DAY_MS, values[i] ?? 0]);
  return new Map((days as [number, number][]).filter(([, value]) => value > 0));
}

async function expectOtherReaderAgrees(project: string, answers: Answers): Promise<number> {
  const { files = [] } = await documentOf<ProjectStatus>(["status", "--files"], project);
  expect(files.filter(({ kind }) => kind === "tail")).toEqual([]);
  const found = await duckdbSums(
    root,
    files.map(({ key }) => key),
  );
  const lines = answers.exported.trimEnd().split("\n");
  const exported = sumsOf(lines.map((line) => JSON.parse(line)));
  expect(shownSums(found)).toEqual(shownSums(exported));
  const [total, unique] = answers.daily;
  const engine = { ...found, events: byDay(total), users: byDay(unique) };
  expect(shownSums(engine)).toEqual(shownSums(found));
  return files.length;
}

const files = realFiles();
describe.skipIf(!isThere)("the nine public files as day files", () => {
  test.each(files)(
    "$file: compacting and collecting change no answer, and DuckDB finds the same",
    async (real) => {
      const project = real.file.split(".")[0] ?? "";
      const path = join(realFolder, real.file);
      const shards = SHARDS[project] ?? 1;
      const ingest = ["ingest", path, "--insert-ids", "file-line", `--shards=${shards}`];
      await documentOf(ingest, project);
      const before = await answersOf(project, real);
      expect(before.byName.series[0]?.overall.range).toBe(real.rows);
      expect(before.byName.series[0]?.segments).toHaveLength(real.names);
      expect(before.byMonth.series[0]?.overall.range).toBe(real.users);

      const rows = (one: { counts: { drain: { rows: number } } }) => one.counts.drain.rows;
      const drained = await documentOf<Parameters<typeof rows>[0]>(["compact"], project);
      await documentOf(["collect"], project);
      const after = await answersOf(project, real);
      expect(after).toEqual(before);
      const verified = await documentOf(["verify", "--full"], project);
      expect(verified).toMatchObject({ ok: true, findings: [], events: real.rows });
      const count = await expectOtherReaderAgrees(project, after);
      console.log(`${project}: ${rows(drained)} rows drained by compact, ${count} day files`);
    },
    300_000,
  );

  test("apache_access, ingested twice: a merge drops the repeats, and DuckDB finds none", async () => {
    const real = files.find(({ file }) => file.startsWith("apache"))!;
    const path = join(realFolder, real.file);
    const project = "twice";
    for (let round = 0; round < 2; round++) {
      await documentOf(["ingest", path, "--insert-ids", "file-line", "--shards=8"], project);
      if (round === 0) await documentOf(["compact"], project);
    }
    const before = await answersOf(project, real);
    expect(before.byName.series[0]?.overall.range).toBe(real.rows);
    await documentOf(["compact"], project);
    await documentOf(["collect"], project);
    expect(await answersOf(project, real)).toEqual(before);
    await expectOtherReaderAgrees(project, before);
    expect(await documentOf(["verify", "--full"], project)).toMatchObject({ ok: true });
  });
});
