import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { RecordedCalls } from "../../test/failing-calls.ts";
import { recordedCalls } from "../../test/failing-calls.ts";
import { temporaryRoots } from "../../test/temporary-folder.ts";
import type { ObjectStore } from "../object-store.ts";
import { listAll } from "../object-store.ts";
import { systemClock } from "../system/system-clock.ts";
import { objectStoreConformance } from "../testing/index.ts";
import { filesystemStore } from "./filesystem-store.ts";

const freshRoot = temporaryRoots();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const never = { ifAbsent: true } as const;

async function textOf(store: ObjectStore, key: string): Promise<string | undefined> {
  const object = await store.get(key);
  return object && new TextDecoder().decode(object.bytes);
}

objectStoreConformance("filesystemStore", () => filesystemStore(freshRoot()), test);

test("reading makes nothing, not even the root", async () => {
  const root = freshRoot();
  const store = filesystemStore(root);
  await store.get("a/b");
  await store.head("a/b");
  await store.list("a/");
  await store.delete("a/b");
  await store.put("a/b", bytes("x"), { ifVersion: "0" });
  await store.sweep?.();
  expect(existsSync(root)).toBe(false);
});

test("the time of a write is true to the millisecond, and part of its version", async () => {
  const root = freshRoot();
  let nowMs = 1_753_900_000_123;
  const clock = { ...systemClock(), nowMs: () => nowMs };
  const store = filesystemStore(root, { clock, random: { nextU32: () => 997 } });
  const first = await store.put("k", bytes("x"), { always: true });
  expect((await store.head("k"))?.modifiedMs).toBe(nowMs);
  nowMs++;
  const second = await store.put("k", bytes("x"), { always: true });
  expect((await store.head("k"))?.modifiedMs).toBe(nowMs);
  expect(first).not.toEqual(second);
});

test("a content goes only once the clock has left its millisecond", async () => {
  const slept: number[] = [];
  let nowMs = 1_753_900_000_123;
  const clock = {
    ...systemClock(),
    nowMs: () => nowMs,
    async sleep(durationMs: number) {
      slept.push(durationMs);
      nowMs += durationMs;
    },
  };
  const store = filesystemStore(freshRoot(), { clock });
  await store.put("k", bytes("x"), never);
  await store.put("k", bytes("x"), { always: true });
  await store.delete("k");
  // Each time the new content had been given its time before the old one's was waited out.
  expect(slept).toEqual([1]);
  await store.put("k", bytes("x"), never);
  await store.delete("k");
  expect(slept).toEqual([1, 1]);
});

test("hidden and foreign files are no objects", async () => {
  const root = freshRoot();
  const store = filesystemStore(root);
  await store.put("a/b", bytes("x"), never);
  for (const name of [".DS_Store", "with space", "tilde~", "lost+found", ".tmp~0"]) {
    writeFileSync(join(root, "a", name), "foreign");
  }
  mkdirSync(join(root, ".git"));
  writeFileSync(join(root, ".git", "config"), "foreign");
  const keys: string[] = [];
  for await (const { key } of listAll(store, "")) keys.push(key);
  expect(keys).toEqual(["a/b"]);
});

test("folders behind a symbolic link are listed", async () => {
  const root = freshRoot();
  const elsewhere = freshRoot();
  await filesystemStore(elsewhere).put("x/y", bytes("x"), never);
  mkdirSync(root);
  symlinkSync(join(elsewhere, "x"), join(root, "project"));
  symlinkSync(join(elsewhere, "nowhere"), join(root, "broken"));
  const store = filesystemStore(root);
  expect((await store.list("")).entries.map(({ key }) => key)).toEqual(["project/y"]);
});

test("a listing reads only the folders that a wanted key may be in", async () => {
  const root = freshRoot();
  const writer = filesystemStore(root);
  for (const key of ["a/1/x", "a/2/x", "a/2/y", "a/3/x", "b/1/x", "c/1/x"]) {
    await writer.put(key, bytes("x"), never);
  }
  const recorded = recordedCalls();
  const store = filesystemStore(root, { calls: recorded.calls });
  const foldersOf = (log: string[]): string[] =>
    log
      .splice(0)
      .filter((line) => line.startsWith("readdir"))
      .map((line) => line.slice(`readdir ${root}`.length).replace(/\/$/, ""));
  await store.list("a/2/");
  expect(foldersOf(recorded.log)).toEqual(["/a/2"]);
  await store.list("a/2");
  expect(foldersOf(recorded.log)).toEqual(["/a", "/a/2"]);
  await store.list("", { after: "a/2/x" });
  expect(foldersOf(recorded.log)).toEqual(["", "/a", "/a/2", "/a/3", "/b", "/b/1", "/c", "/c/1"]);
  await store.list("", { after: "a0", limit: 1 });
  expect(foldersOf(recorded.log)).toEqual(["", "/b", "/b/1", "/c", "/c/1"]);
});

test("a file where a folder must be, or the reverse, is not a missing object", async () => {
  const root = freshRoot();
  const store = filesystemStore(root);
  await store.put("file", bytes("x"), never);
  await store.put("folder/x", bytes("x"), never);
  const blocked = expect.objectContaining({ code: "STORE_PATH_BLOCKED", kind: "configuration" });
  await expect(store.get("file/x")).rejects.toEqual(blocked);
  await expect(store.head("file/x")).rejects.toEqual(blocked);
  await expect(store.list("file/")).rejects.toEqual(blocked);
  await expect(store.put("file/x", bytes("x"), never)).rejects.toEqual(blocked);
  await expect(store.put("file/x/y", bytes("x"), { always: true })).rejects.toEqual(blocked);
  await expect(store.delete("file/x")).rejects.toEqual(blocked);
  await expect(store.get("folder")).rejects.toEqual(blocked);
  await expect(store.head("folder")).rejects.toEqual(blocked);
  await expect(store.put("folder", bytes("x"), never)).rejects.toEqual(blocked);
  await expect(store.put("folder", bytes("x"), { always: true })).rejects.toEqual(blocked);
  await expect(store.delete("folder")).rejects.toEqual(blocked);

  const fileAsRoot = filesystemStore(join(root, "file"));
  await expect(fileAsRoot.list("")).rejects.toEqual(blocked);
  await expect(fileAsRoot.get("a/b")).rejects.toEqual(blocked);
  await expect(fileAsRoot.put("a", bytes("x"), never)).rejects.toEqual(blocked);
  expect(await textOf(store, "file")).toBe("x");
});

test("an acknowledged write has synced the file, then named it, then synced folders", async () => {
  const root = freshRoot();
  const recorded = recordedCalls();
  const store = filesystemStore(root, { calls: recorded.calls });
  const steps = (): string[] =>
    recorded.log
      .splice(0)
      .filter((line) => /^(sync|link|rename|unlink|mkdir|symlink) /.test(line))
      .map((line) => line.replace(/~[0-9a-f]{32}/, "~").replace(root, "<root>"))
      .map((line) => line.replace(dirname(root), "<above>"));
  await store.put("p/tail/k", bytes("x"), never);
  const file = "<root>/p/tail/.tmp~";
  expect(steps()).toEqual([
    "mkdir <root>",
    "sync <above>",
    "mkdir <root>/p",
    "sync <root>",
    "mkdir <root>/p/tail",
    "sync <root>/p",
    `sync ${file}`,
    "link <root>/p/tail/k",
    `unlink ${file}`,
    "sync <root>/p/tail",
  ]);
  await store.put("p/tail/k", bytes("y"), { always: true });
  const lock = "<root>/p/tail/.lock~k";
  expect(steps()).toEqual([
    `sync ${file}`,
    `symlink ${lock}`,
    `rename ${file}`,
    "sync <root>/p/tail",
    `unlink ${lock}`,
  ]);
  await store.put("p/tail/k", bytes("z"), never);
  expect(steps()).toEqual(["sync <root>/p/tail"]);
  await store.delete("p/tail/k");
  expect(steps()).toEqual([
    `symlink ${lock}`,
    "unlink <root>/p/tail/k",
    "sync <root>/p/tail",
    `unlink ${lock}`,
  ]);
  await store.delete("p/tail/k");
  expect(steps()).toEqual(["sync <root>/p/tail"]);
});

test("a folder that was removed under an open store is made again", async () => {
  const root = freshRoot();
  const store = filesystemStore(root);
  await store.put("a/b/c", bytes("x"), never);
  rmSync(root, { recursive: true });
  await store.put("a/b/c", bytes("y"), never);
  expect(await textOf(store, "a/b/c")).toBe("y");
});

const operations: Readonly<
  Record<string, (store: ObjectStore, version: string) => Promise<unknown>>
> = {
  "create a new object": (store) => store.put("new/k", bytes("after"), never),
  "lose a creation": (store) => store.put("d/k", bytes("after"), never),
  "replace a version": (store, ifVersion) => store.put("d/k", bytes("after"), { ifVersion }),
  "lose a replacement": (store) => store.put("d/k", bytes("after"), { ifVersion: "0" }),
  "write without a condition": (store) => store.put("d/k", bytes("after"), { always: true }),
  delete: (store) => store.delete("d/k"),
  "delete a version": (store, ifVersion) => store.delete("d/k", { ifVersion }),
  read: (store) => store.get("d/k"),
  "look up": (store) => store.head("d/k"),
  list: (store) => store.list(""),
};
const codes = {
  EIO: "STORE_UNAVAILABLE",
  EMFILE: "STORE_UNAVAILABLE",
  ENOSPC: "DISK_FULL",
  EDQUOT: "DISK_FULL",
  EACCES: "PERMISSION_DENIED",
  EPERM: "PERMISSION_DENIED",
  EROFS: "STORE_READ_ONLY",
  ENOTDIR: "STORE_PATH_BLOCKED",
  ENAMETOOLONG: "KEY_INVALID",
  EOPNOTSUPP: "STORE_RULES_BROKEN",
};
/** Only a call whose outcome the kernel does not know may fail after its effect: that is EIO. */
const faults = [
  { errno: "EIO", effective: false },
  { errno: "EIO", effective: true },
  { errno: "ENOSPC", effective: false },
];

async function stateOf(root: string): Promise<string> {
  const store = filesystemStore(root);
  return `${await textOf(store, "d/k")} ${await textOf(store, "new/k")}`;
}

/** Runs one operation with one failing call; false when it makes fewer calls than that. */
async function tryFault(
  recorded: RecordedCalls,
  operate: (store: ObjectStore, version: string) => Promise<unknown>,
  fault: Parameters<RecordedCalls["arm"]>[0],
): Promise<boolean> {
  const root = freshRoot();
  const store = filesystemStore(root, { calls: recorded.calls, lockWaitMsMax: 200 });
  const created = await store.put("d/k", bytes("before"), never);
  const before = await stateOf(root);
  recorded.arm(fault);
  const [result] = await Promise.allSettled([
    operate(store, created.written ? created.version : ""),
  ]);
  const { hasFailed } = recorded;
  recorded.arm(undefined);
  if (!hasFailed) return false;
  const after = await stateOf(root);
  for (const part of after.split(" ")) expect(["before", "after", "undefined"]).toContain(part);
  if (result.status === "rejected") {
    const { code } = result.reason;
    expect(["STORE_UNAVAILABLE", "DISK_FULL"]).toContain(code);
    expect(result.reason.cause).toBeInstanceOf(Error);
    if (code !== "STORE_UNAVAILABLE") expect(after).toBe(before);
  }
  // Nothing is wedged: the same store goes on.
  expect(await store.put("d/k", bytes("on"), { always: true })).toMatchObject({ written: true });
  return true;
}

for (const [name, operate] of Object.entries(operations)) {
  test(`a failing kernel call, whichever it is, leaves no half state: ${name}`, async () => {
    const recorded = recordedCalls();
    let tried = 0;
    for (const fault of faults) {
      let index = 0;
      while (await tryFault(recorded, operate, { ...fault, index })) index++;
      tried += index;
    }
    expect(tried).toBeGreaterThanOrEqual(faults.length);
  });
}

test("an error of the kernel says what to do about it", async () => {
  const recorded = recordedCalls();
  const store = filesystemStore(freshRoot(), { calls: recorded.calls });
  await store.put("k", bytes("x"), never);
  for (const [errno, code] of Object.entries(codes)) {
    recorded.arm({ index: 0, errno, effective: false });
    await expect(store.get("k")).rejects.toMatchObject({ code, details: { errno } });
  }
});

test("stale hidden files are swept, once an hour", async () => {
  const root = freshRoot();
  const store = filesystemStore(root);
  await store.put("a/b/k", bytes("x"), never);
  const nonce = "0123456789abcdef".repeat(2);
  const litter = (name: string, ageMs: number): string => {
    const path = join(root, "a", "b", name);
    writeFileSync(path, "x");
    const seconds = (Date.now() - ageMs) / 1000;
    utimesSync(path, seconds, seconds);
    return path;
  };
  const hourMs = 3_600_000;
  const stale = [litter(`.tmp~${nonce}`, 2 * hourMs), litter(`.lock~k~${nonce}`, 2 * hourMs)];
  const kept = [
    litter(`.tmp~${nonce.replace("0", "f")}`, hourMs / 2),
    litter(".tmp~foreign", 2 * hourMs),
    litter(".tmp", 2 * hourMs),
    litter(".lock~other", 2 * hourMs), // A lock is followed, never swept,
    litter(`.lock~other~${nonce}`, 2 * hourMs), // nor is a chain that a lock stands at the head of.
  ];
  await store.sweep?.();
  expect(readdirSync(join(root, "a", "b")).sort()).toEqual(
    ["k", ...kept.map((path) => basename(path))].sort(),
  );
  for (const path of stale) expect(existsSync(path)).toBe(false);
  const again = litter(`.tmp~${nonce}`, 2 * hourMs);
  await store.sweep?.();
  expect(existsSync(again)).toBe(true);
  utimesSync(join(root, ".swept"), 1, 1);
  await store.sweep?.();
  expect(existsSync(again)).toBe(false);
});
