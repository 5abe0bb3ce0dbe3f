import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { foldManifest, openManifest } from "@shale/catalog";
import { openStore, type Project } from "@shale/engine";
import {
  type Env,
  filesystemStore,
  inlineWorkers,
  nodeDisk,
  silentLogger,
  systemClock,
  systemRandom,
} from "@shale/env";
import { scanWal } from "@shale/format";
import { projectId, ShaleError, specNameOf } from "@shale/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
/** Bits flipped in a file, evenly spread; fewer in each of many. */
const FLIPS_PER_FILE = isLong ? 300 : 8;
const FLIPS_PER_KIND = isLong ? 3_000 : 24;

const scratch = mkdtempSync(join(tmpdir(), "shale-damage-"));
const intact = join(scratch, "intact");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Rows in day files, in the tail, and acknowledged in the log of a dead process. */
const FILE_ROWS = 30;
const KEPT_ROWS = FILE_ROWS + 20;
const ALL_ROWS = KEPT_ROWS + 20;

const query = {
  kind: "segmentation",
  unit: "day",
  from: "2026-10-01",
  to: "2026-10-04",
  by: ["page"],
  series: [
    { select: {}, measure: "total" },
    { select: {}, measure: "unique" },
  ],
} as const;

function eventsOf(
  first: number,
  count: number,
): { event: string; user_id: string; time: number; properties: { page: string; n: number } }[] {
  return Array.from({ length: count }, (_, index) => ({
    event: "view",
    user_id: `u${(first + index) % 13}`,
    time: Date.UTC(2026, 9, 1) + (first + index) * 3_600_000,
    properties: { page: `/p${index % 3}`, n: first + index },
  }));
}

function environmentAt(root: string): Env {
  return {
    clock: systemClock(),
    random: systemRandom(),
    logger: silentLogger,
    processes: { self: { host: "elsewhere", pid: 1, started: "" }, stateOf: () => "dead" },
    store: filesystemStore(root),
    disk: nodeDisk(root),
    workers: inlineWorkers({}),
  };
}

/** All parts of a store: day files in a page and beside it, a tail, and the log of a dead process. */
beforeAll(async () => {
  const root = join(scratch, "made");
  const env = environmentAt(root);
  const store = await openStore({ env, flushIntervalMs: 3_600_000 });
  const project = await store.project("shop", { shards: 2 });
  async function flush(first: number, count: number): Promise<void> {
    await project.append(eventsOf(first, count));
    await project.flush();
  }
  await flush(40, 20);
  await project.compact();
  const place = { project: projectId("shop"), spec: specNameOf(0), group: 0 };
  await foldManifest(env, openManifest(env, place));
  await flush(60, 10);
  await project.compact();
  await flush(0, 10);
  await flush(10, 10);
  await project.append(eventsOf(20, 10));
  await project.append(eventsOf(30, 10));
  cpSync(root, intact, { recursive: true }); // What a crash at this moment would leave.
  await store.close();
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

interface Outcome {
  readonly rows: number | undefined;
  /** What was answered, without what it cost. */
  readonly answer: string;
  readonly error: ShaleError | undefined;
  readonly unreadableLogs: number;
}

/** What a process that recovers and asks gets; every error has to be a typed one. */
async function recoverAndAsk(root: string): Promise<Outcome> {
  const store = await openStore({
    root,
    processes: { self: { host: "here", pid: 2, started: "" }, stateOf: () => "dead" },
  });
  try {
    const project = await store.project("shop", { create: "never" });
    const answer = await project.query(query);
    const { events } = await project.query({ kind: "timeline", user_id: "u1", limit: 1_000 });
    const { unreadableLogs } = await project.status();
    return {
      rows: answer.series[0]?.overall.range ?? 0,
      answer: JSON.stringify([answer.series, events]),
      error: undefined,
      unreadableLogs: unreadableLogs.length,
    };
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    return { rows: undefined, answer: "", error, unreadableLogs: 0 };
  } finally {
    await store.close();
  }
}

/** Keys that `verify` finds something wrong with, or the one that keeps it from reading at all. */
async function foundBy(root: string, options: Parameters<Project["verify"]>[0] = {}) {
  const store = await openStore({ root, readOnly: true });
  try {
    const project = await store.project("shop", { create: "never" });
    const { findings } = await project.verify(options);
    return findings.map(({ object }) => object);
  } catch (error) {
    if (!(error instanceof ShaleError) || error.kind !== "corrupt") throw error;
    return [error.details?.["key"]];
  } finally {
    await store.close();
  }
}

const folders = {
  catalog: "catalog",
  manifests: "spec=A/manifest",
  pages: "spec=A/page",
  "day files": "spec=A/shard=",
  tail: "tail",
  writers: "writers",
  wal: "wal",
} as const;
type Kind = keyof typeof folders;
const kinds = Object.keys(folders) as Kind[];

function copyOf(name: string): string {
  const root = join(scratch, name);
  rmSync(root, { recursive: true, force: true });
  // Times are kept: the store's tokens are made of them.
  cpSync(intact, root, { recursive: true, preserveTimestamps: true });
  return root;
}

function filesOf(root: string, kind: Kind): string[] {
  const prefix = join(root, "shop", folders[kind]);
  return filesUnder(join(root, "shop"))
    .filter((path) => path.startsWith(prefix))
    .sort();
}

function lastRecordOffset(): number {
  const [log = ""] = filesOf(intact, "wal").filter((path) => path.endsWith(".wal"));
  return scanWal(readFileSync(log), { file: log }).records.at(-1)?.offsetBytes ?? 0;
}

let whole: Outcome;
/** Keys of the day files that the newest manifest lists; merged ones stand beside them. */
let listedFiles: ReadonlySet<string>;

/** Not logs, which have marks that only their writers read, and an end that a crash may have torn. */
function isVerified(key: string): boolean {
  if (key.startsWith("shop/spec=A/shard=")) return listedFiles.has(key);
  return !key.startsWith("shop/wal/");
}

/** All rows in an unharmed store; fewer where the log could not be read. Nothing else may be said. */
function expectHonest(kind: Kind, what: string, outcome: Outcome, offsetBytes: number): void {
  if (outcome.error !== undefined) {
    expect(
      ["OBJECT_CORRUPT", "FORMAT_UNKNOWN", "OBJECT_MISSING", "PROJECT_NOT_FOUND"],
      what,
    ).toContain(outcome.error.code);
    expect(kind === "wal" || kind === "writers", `${what}: ${outcome.error.message}`).toBe(false);
    return;
  }
  if (outcome.rows === ALL_ROWS) {
    expect(outcome.answer, what).toBe(whole.answer);
    return;
  }
  // The last record of a log has no later one that says it was fsynced: damage in it is cut like
  // the torn end of a crash (W1).
  const isTorn = kind === "wal" && offsetBytes >= lastRecordOffset();
  if (outcome.rows === ALL_ROWS - 10 && isTorn) return;
  expect(kind, `${what} answers ${outcome.rows}`).toBe("wal");
  expect(outcome.rows).toBe(KEPT_ROWS);
  expect(outcome.unreadableLogs, `${what}: the rows that are missing are reported`).toBe(1);
}

/** Damages the same file of a copy; the file's key. */
function damage(root: string, path: string, change: (bytes: Buffer) => Uint8Array): string {
  const place = relative(intact, path);
  writeFileSync(join(root, place), change(readFileSync(join(root, place))));
  return place;
}

function flipped(bit: number) {
  return (bytes: Buffer): Uint8Array => {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes;
  };
}

test("the store of these tests recovers to all its rows, and verifies clean", async () => {
  whole = await recoverAndAsk(copyOf("whole"));
  expect(whole).toMatchObject({ rows: ALL_ROWS, error: undefined, unreadableLogs: 0 });
  for (const kind of kinds) expect(filesOf(intact, kind).length, kind).toBeGreaterThan(0);
  const store = await openStore({ root: intact, readOnly: true });
  const { files = [] } = await (await store.project("shop")).status({ files: true });
  await store.close();
  listedFiles = new Set(files.map(({ key }) => key));
  expect(await foundBy(copyOf("whole"), { full: true })).toEqual([]);
});

describe.each(kinds)("damage in %s", (kind) => {
  test(
    "a flipped bit is refused or harmless, and never a wrong answer; verify finds it",
    async () => {
      let flips = 0;
      let refused = 0;
      const files = filesOf(intact, kind);
      const flipsPerFile = Math.min(FLIPS_PER_FILE, Math.ceil(FLIPS_PER_KIND / files.length));
      for (const path of files) {
        const bits = statSync(path).size * 8;
        const step = Math.max(1, Math.floor(bits / flipsPerFile));
        for (let bit = 0; bit < bits; bit += step) {
          const root = copyOf("flipped");
          const key = damage(root, path, flipped(bit));
          if (isVerified(key)) expect(await foundBy(root), `${key} bit ${bit}`).toContain(key);
          const outcome = await recoverAndAsk(root);
          expectHonest(kind, `${key} bit ${bit}`, outcome, bit >> 3);
          flips++;
          if (outcome.rows !== ALL_ROWS) refused++;
        }
      }
      console.log(
        `${kind}: ${flips} flipped bits, ${refused} refused, the rest harmless, 0 wrong answers`,
      );
      expect(flips).toBeGreaterThan(7);
      // Of a chain only the newest version counts, of the tail what is in no day file.
      if (kind === "catalog") expect(refused).toBeGreaterThan(flips / 4);
      if (kind === "pages") expect(refused).toBe(flips);
      if (kind === "tail") expect(refused).toBeGreaterThan(flips / 3);
      if (kind === "day files") expect(refused).toBeGreaterThan(flips / 4);
    },
    isLong ? 1_200_000 : 120_000,
  );

  test("a truncated, emptied or swapped file is refused or harmless, and verify finds it", async () => {
    const files = filesOf(intact, kind);
    for (const path of files) {
      const other = readFileSync(filesOf(intact, kind === "tail" ? "catalog" : "tail")[0] ?? path);
      const sibling = readFileSync(files.find((one) => one !== path) ?? path);
      for (const [what, change] of [
        ["emptied", (bytes: Buffer) => bytes.subarray(0, 0)],
        ["cut in half", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
        ["one byte short", (bytes: Buffer) => bytes.subarray(0, -1)],
        ["longer", (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0])])],
        ["another kind of file", () => other],
        ["another of its kind", () => sibling],
      ] as const) {
        const root = copyOf("swapped");
        const key = damage(root, path, change);
        const isSame = readFileSync(join(root, key)).equals(readFileSync(path));
        if (isVerified(key) && !isSame)
          expect(await foundBy(root), `${key} ${what}`).toContain(key);
        const outcome = await recoverAndAsk(root);
        const isOfLog = kind === "wal" && outcome.error === undefined;
        if (isOfLog && (outcome.rows ?? 0) >= KEPT_ROWS) continue;
        expectHonest(kind, `${key} ${what}`, outcome, 0);
      }
    }
  }, 120_000);
});

describe.each(["pages", "day files"] as const)("a missing file among %s", (kind) => {
  test("is refused where it is needed, and verify names it", async () => {
    let refused = 0;
    for (const path of filesOf(intact, kind)) {
      const root = copyOf("missing");
      const key = relative(intact, path);
      rmSync(join(root, key));
      const outcome = await recoverAndAsk(root);
      expectHonest(kind, `${key} is missing`, outcome, 0);
      if (outcome.error === undefined) continue; // Merged since, and listed no more.
      refused++;
      expect(outcome.error.code).toBe("OBJECT_MISSING");
      expect(await foundBy(root)).toContain(key);
    }
    expect(refused).toBeGreaterThan(0);
  });
});

test("a gap in the tail is refused, and verify names it", async () => {
  const root = copyOf("gap");
  const [, , third = ""] = filesOf(root, "tail");
  rmSync(third);
  expect((await recoverAndAsk(root)).error?.code).toBe("OBJECT_MISSING");
  expect(await foundBy(root)).toEqual([relative(root, third)]);
});

test.each(["tail", "day files"] as const)(
  "two %s that changed places are refused",
  async (kind) => {
    const root = copyOf("two");
    const listed = filesOf(root, kind).filter((path) => listedFiles.has(relative(root, path)));
    const [first = "", second = ""] = listed;
    const bytes = readFileSync(first);
    writeFileSync(first, readFileSync(second));
    writeFileSync(second, bytes);
    expect(await foundBy(root)).toEqual([relative(root, first), relative(root, second)]);
    expect((await recoverAndAsk(root)).error?.code).toBe("OBJECT_CORRUPT");
  },
);

test("an append after a refusal harms nothing that is kept", async () => {
  const root = copyOf("appended");
  const [log] = filesOf(root, "wal").filter((path) => path.endsWith(".wal"));
  const bytes = readFileSync(log ?? "");
  const middle = bytes.length >> 2;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
  writeFileSync(log ?? "", bytes);
  const store = await openStore({ root });
  const project = await store.project("shop");
  await project.append(eventsOf(100, 5));
  await store.close();
  expect(readFileSync(log ?? "").equals(bytes), "the damaged log is left as it is").toBe(true);
});
