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
import { openStore } from "@shale/engine";
import { scanWal } from "@shale/format";
import { ShaleError } from "@shale/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
/** Bits flipped in a file: all of a small one, evenly spread over a larger one. */
const FLIPS_PER_FILE = isLong ? 300 : 32;

const scratch = mkdtempSync(join(tmpdir(), "shale-damage-"));
const intact = join(scratch, "intact");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

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

/** Both parts of the store: 20 flushed rows, and 20 acknowledged ones in the log of a dead process. */
beforeAll(async () => {
  const root = join(scratch, "made");
  const dead = { host: "elsewhere", pid: 1, started: "" };
  const store = await openStore({
    root,
    flushIntervalMs: 3_600_000,
    processes: { self: dead, stateOf: () => "dead" },
  });
  const project = await store.project("shop", { shards: 3 });
  await project.append(eventsOf(0, 20));
  await project.flush();
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
    const { unreadableLogs } = await project.status();
    return {
      rows: answer.series[0]?.overall.range ?? 0,
      error: undefined,
      unreadableLogs: unreadableLogs.length,
    };
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    return { rows: undefined, error, unreadableLogs: 0 };
  } finally {
    await store.close();
  }
}

const kinds = ["catalog", "tail", "writers", "wal"] as const;

function copyOf(name: string): string {
  const root = join(scratch, name);
  rmSync(root, { recursive: true, force: true });
  cpSync(intact, root, { recursive: true });
  return root;
}

function filesOf(root: string, kind: (typeof kinds)[number]): string[] {
  return filesUnder(join(root, "shop", kind)).sort();
}

function lastRecordOffset(): number {
  const [log = ""] = filesOf(intact, "wal").filter((path) => path.endsWith(".wal"));
  return scanWal(readFileSync(log), { file: log }).records.at(-1)?.offsetBytes ?? 0;
}

/** Rows are 40 in an unharmed store; 20 where the log could not be read. Nothing else may be said. */
function expectHonest(kind: string, what: string, outcome: Outcome, offsetBytes: number): void {
  if (outcome.error !== undefined) {
    expect(
      ["OBJECT_CORRUPT", "FORMAT_UNKNOWN", "OBJECT_MISSING", "PROJECT_NOT_FOUND"],
      what,
    ).toContain(outcome.error.code);
    expect(kind === "wal" || kind === "writers", `${what}: ${outcome.error.message}`).toBe(false);
    return;
  }
  if (outcome.rows === 40) return;
  // The last record of a log has no later one that says it was fsynced: damage in it is cut like
  // the torn end of a crash (W1).
  if (outcome.rows === 30 && kind === "wal" && offsetBytes >= lastRecordOffset()) return;
  expect(kind, `${what} answers ${outcome.rows}`).toBe("wal");
  expect(outcome.rows).toBe(20);
  expect(outcome.unreadableLogs, `${what}: the rows that are missing are reported`).toBe(1);
}

test("the store of these tests recovers to 40 rows", async () => {
  const root = copyOf("whole");
  expect(await recoverAndAsk(root)).toEqual({ rows: 40, error: undefined, unreadableLogs: 0 });
  for (const kind of kinds) expect(filesOf(intact, kind).length, kind).toBeGreaterThan(0);
});

describe.each(kinds)("damage in %s", (kind) => {
  test(
    "a flipped bit is refused or harmless, and never a wrong answer",
    async () => {
      let flips = 0;
      let refused = 0;
      for (const path of filesOf(intact, kind)) {
        const bits = statSync(path).size * 8;
        const step = Math.max(1, Math.floor(bits / FLIPS_PER_FILE));
        for (let bit = 0; bit < bits; bit += step) {
          const root = copyOf("flipped");
          const target = join(root, relative(intact, path));
          const bytes = readFileSync(target);
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          writeFileSync(target, bytes);
          const outcome = await recoverAndAsk(root);
          expectHonest(kind, `${relative(intact, path)} bit ${bit}`, outcome, bit >> 3);
          flips++;
          if (outcome.rows !== 40) refused++;
        }
      }
      console.log(
        `${kind}: ${flips} flipped bits, ${refused} refused, the rest harmless, 0 wrong answers`,
      );
      expect(flips).toBeGreaterThan(20);
      // Of the catalog only the newest version counts; both have about as many bits.
      if (kind === "catalog") expect(refused).toBeGreaterThan(flips / 3);
      if (kind === "tail") expect(refused).toBe(flips);
    },
    isLong ? 1_200_000 : 120_000,
  );

  test("a truncated, emptied or swapped file is refused or harmless", async () => {
    const files = filesOf(intact, kind);
    for (const path of files) {
      const whole = readFileSync(path);
      const other = readFileSync(filesOf(intact, kind === "tail" ? "catalog" : "tail")[0] ?? path);
      for (const [what, bytes] of [
        ["emptied", whole.subarray(0, 0)],
        ["cut in half", whole.subarray(0, whole.length >> 1)],
        ["one byte short", whole.subarray(0, -1)],
        ["longer", Buffer.concat([whole, Buffer.from([0])])],
        ["another kind of file", other],
      ] as const) {
        const root = copyOf("swapped");
        writeFileSync(join(root, relative(intact, path)), bytes);
        const outcome = await recoverAndAsk(root);
        if (kind === "wal" && outcome.error === undefined && (outcome.rows ?? 0) >= 20) continue;
        expectHonest(kind, `${relative(intact, path)} ${what}`, outcome, 0);
      }
    }
  });
});

test("two tail objects that changed places are refused, though each is whole", async () => {
  const root = join(scratch, "two");
  const store = await openStore({ root, flushIntervalMs: 3_600_000 });
  const project = await store.project("shop");
  for (let flush = 0; flush < 3; flush++) {
    await project.append(eventsOf(flush * 10, 10));
    await project.flush();
  }
  await store.close();
  const [first = "", second = ""] = filesUnder(join(root, "shop", "tail")).sort();
  const bytes = readFileSync(first);
  writeFileSync(first, readFileSync(second));
  writeFileSync(second, bytes);
  expect((await recoverAndAsk(root)).error?.code).toBe("OBJECT_CORRUPT");
});

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
