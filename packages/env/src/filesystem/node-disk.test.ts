import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordedCalls } from "../../test/failing-calls.ts";
import { temporaryRoots } from "../../test/temporary-folder.ts";
import type { Disk } from "../disk.ts";
import { memoryDisk } from "../memory/memory-disk.ts";
import { nodeDisk } from "./node-disk.ts";

const freshRoot = temporaryRoots();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const disks: Readonly<Record<string, () => Disk>> = {
  nodeDisk: () => nodeDisk(freshRoot()),
  memoryDisk: () => memoryDisk(),
};

for (const [name, open] of Object.entries(disks)) {
  test(`${name} has nothing at first, and says so`, async () => {
    const disk = open();
    expect(await disk.listNames("wal")).toEqual([]);
    expect(await disk.readFile("wal/1")).toBeUndefined();
    expect(await disk.exists("wal")).toBe(false);
    await disk.removeFile("wal/1/x");
    await disk.removeFolder("wal");
  });

  test(`${name} appends chunks in order to a log that is made once`, async () => {
    const disk = open();
    const log = await disk.createLog("p/wal/1/a");
    expect(log.sizeBytes).toBe(0);
    await log.append([bytes("one "), bytes(""), bytes("two ")]);
    await log.append([]);
    await log.append(Array.from({ length: 2000 }, (_, i) => bytes(`${i},`)));
    await log.sync();
    const expected = `one two ${Array.from({ length: 2000 }, (_, i) => `${i},`).join("")}`;
    expect(log.sizeBytes).toBe(expected.length);
    expect(await disk.readFile("p/wal/1/a")).toEqual(bytes(expected));
    await expect(disk.createLog("p/wal/1/a")).rejects.toMatchObject({ code: "DISK_FAILED" });
    await log.close();
    await log.close();
    await expect(log.append([bytes("x")])).rejects.toThrow("closed");
  });

  test(`${name} makes a marker once, whole`, async () => {
    const disk = open();
    expect(await disk.createMarker("p/fence", bytes("first"))).toBe(true);
    expect(await disk.createMarker("p/fence", bytes("second"))).toBe(false);
    expect(await disk.readFile("p/fence")).toEqual(bytes("first"));
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) => disk.createMarker("p/race", bytes(`by ${i}`))),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await disk.readFile("p/race")).toEqual(bytes(`by ${made.indexOf(true)}`));
    expect(await disk.listNames("p")).toEqual(["fence", "race"]);
  });

  test(`${name} lists folders and files by name and removes them`, async () => {
    const disk = open();
    await disk.makeFolder("p/wal/10");
    await disk.makeFolder("p/wal/10");
    await disk.makeFolder("p/wal/2");
    await disk.createMarker("p/wal/2/b", bytes("x"));
    await disk.createMarker("p/wal/2/a", bytes("x"));
    expect(await disk.listNames("p/wal")).toEqual(["10", "2"]);
    expect(await disk.listNames("p/wal/2")).toEqual(["a", "b"]);
    expect(await disk.exists("p/wal/2")).toBe(true);
    await disk.removeFile("p/wal/2/b");
    expect(await disk.exists("p/wal/2/b")).toBe(false);
    await disk.removeFolder("p/wal/2");
    expect(await disk.listNames("p/wal")).toEqual(["10"]);
    expect(await disk.readFile("p/wal/2/a")).toBeUndefined();
    await disk.createMarker("p/wal/2/a", bytes("again"));
    expect(await disk.readFile("p/wal/2/a")).toEqual(bytes("again"));
  });

  test(`${name} refuses paths that leave its root`, async () => {
    const disk = open();
    for (const path of ["../x", "/etc/x", "a/../../x", "", ".hidden"]) {
      await expect(disk.readFile(path)).rejects.toMatchObject({ code: "KEY_INVALID" });
      await expect(disk.removeFolder(path)).rejects.toMatchObject({ code: "KEY_INVALID" });
    }
  });
}

test("a log and a marker are durable with their folders when the call returns", async () => {
  const root = freshRoot();
  const recorded = recordedCalls();
  const disk = nodeDisk(root, { calls: recorded.calls });
  const steps = (): string[] =>
    recorded.log
      .splice(0)
      .filter((line) => /^(sync|datasync|link|mkdir|writev|open) /.test(line))
      .map((line) => line.replace(/~[0-9a-f]{32}/, "~").replace(root, "<root>"))
      .filter((line) => line.includes("<root>") && !/^open .*(<root>|wal)$/.test(line));
  const log = await disk.createLog("wal/a");
  expect(steps()).toEqual([
    ...["mkdir <root>", "mkdir <root>/wal", "sync <root>"],
    ...["open <root>/wal/a", "sync <root>/wal/a", "sync <root>/wal"],
  ]);
  await log.append([bytes("x")]);
  await log.sync();
  await log.close();
  expect(steps()).toEqual(["writev <root>/wal/a", "datasync <root>/wal/a"]);
  await disk.createMarker("wal/fence", bytes("x"));
  expect(steps()).toEqual([
    ...["open <root>/wal/.tmp~", "sync <root>/wal/.tmp~", "link <root>/wal/fence"],
    "sync <root>/wal",
  ]);
  await disk.createMarker("wal/fence", bytes("x"));
  expect(steps().at(-1)).toBe("sync <root>/wal");
});

test("a kernel that takes fewer bytes than given is asked again", async () => {
  const root = freshRoot();
  const recorded = recordedCalls();
  const short = new Proxy(recorded.calls, {
    get: (target, property) =>
      property !== "open"
        ? Reflect.get(target, property)
        : async (...args: Parameters<typeof target.open>) =>
            new Proxy(await target.open(...args), {
              get(handle, name) {
                const member: unknown = Reflect.get(handle, name);
                if (name === "writev") {
                  return (chunks: Uint8Array[]) => handle.writev([chunks[0]!.subarray(0, 3)]);
                }
                return typeof member === "function" ? member.bind(handle) : member;
              },
            }),
  });
  const disk = nodeDisk(root, { calls: short });
  const log = await disk.createLog("a");
  await log.append([bytes("0123456789"), bytes("ab"), bytes("cdefg")]);
  expect(await disk.readFile("a")).toEqual(bytes("0123456789abcdefg"));
  expect(log.sizeBytes).toBe(17);
  await log.close();
});

test("a log that failed takes nothing more", async () => {
  const recorded = recordedCalls();
  const disk = nodeDisk(freshRoot(), { calls: recorded.calls });
  for (const failing of ["append", "sync"] as const) {
    const log = await disk.createLog(failing);
    await log.append([bytes("x")]);
    recorded.arm({ index: 0, errno: failing === "append" ? "ENOSPC" : "EIO", effective: false });
    const code = failing === "append" ? "DISK_FULL" : "DISK_FAILED";
    await expect(
      failing === "append" ? log.append([bytes("y")]) : log.sync(),
    ).rejects.toMatchObject({ code });
    await expect(log.append([bytes("z")])).rejects.toMatchObject({ code: "DISK_FAILED" });
    await expect(log.sync()).rejects.toMatchObject({ code: "DISK_FAILED" });
    await log.close();
    expect(await disk.readFile(failing)).toEqual(bytes("x"));
  }
});

test("a failing kernel call while creating leaves nothing that stops a second try", async () => {
  const root = freshRoot();
  const recorded = recordedCalls();
  for (const make of ["log", "marker"] as const) {
    for (let index = 0; ; index++) {
      const disk = nodeDisk(root, { calls: recorded.calls });
      const path = `${make}/${index}/x`;
      const create = async () =>
        make === "log"
          ? await (await disk.createLog(path)).close()
          : await disk.createMarker(path, bytes("m"));
      recorded.arm({ index, errno: "EIO", effective: false });
      const [first] = await Promise.allSettled([create()]);
      const { hasFailed } = recorded;
      recorded.arm(undefined);
      if (!hasFailed) break;
      if (first.status === "rejected") {
        expect(first.reason).toMatchObject({ code: "DISK_FAILED", details: { errno: "EIO" } });
        // A log handle's own close may fail once it stands; then the log is there.
        if (!existsSync(join(root, path))) await create();
      }
      expect(readFileSync(join(root, path), "utf8")).toBe(make === "log" ? "" : "m");
    }
  }
  expect(readdirSync(root)).toEqual(["log", "marker"]);
});
