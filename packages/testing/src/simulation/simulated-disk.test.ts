import type { Disk } from "@shale/env";
import { expect, test } from "vitest";
import { faultingDisk } from "./faulting-disk.ts";
import { seededRandom } from "./seeded-random.ts";
import { simulatedDisk } from "./simulated-disk.ts";

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
}
async function writeLog(disk: Disk, synced: string, loose: string): Promise<void> {
  await disk.makeFolder("wal");
  const log = await disk.createLog("wal/1");
  await log.append([Buffer.from(synced)]);
  await log.sync();
  await log.append([Buffer.from(loose)]);
}

test("a loss of power keeps synced bytes and harms only the rest", async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const disk = simulatedDisk();
    await writeLog(disk, "durable", "LOOSE");
    disk.losePower(seededRandom(seed));
    const text = textOf(await disk.readFile("wal/1")) ?? "";
    expect(text.startsWith("durable")).toBe(true);
    expect(text.length).toBeLessThanOrEqual("durableLOOSE".length);
    const loose = text.slice("durable".length);
    if (loose === "") outcomes.add("gone");
    else if (loose === "LOOSE") outcomes.add("whole");
    else if ("LOOSE".startsWith(loose)) outcomes.add("prefix");
    else if (loose.endsWith("\0")) outcomes.add("zeroed");
    else outcomes.add("flipped");
  }
  expect([...outcomes].sort()).toEqual(["flipped", "gone", "prefix", "whole", "zeroed"]);
});

test("names made are durable, and only the last removals come back", async () => {
  const survivors = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const disk = simulatedDisk();
    await disk.makeFolder("a/b");
    for (const name of ["1", "2", "3"]) await disk.createMarker(`a/b/${name}`, Buffer.from(name));
    await disk.removeFile("a/b/1");
    await disk.removeFile("a/b/2");
    disk.losePower(seededRandom(seed));
    survivors.add((await disk.listNames("a/b")).join());
    expect(textOf(await disk.readFile("a/b/3"))).toBe("3");
  }
  expect([...survivors].sort()).toEqual(["1,2,3", "2,3", "3"]);
});

test("a removal is durable once its folder was synced by a later creation", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const disk = simulatedDisk();
    await disk.makeFolder("a");
    await disk.createMarker("a/1", Buffer.from("1"));
    await disk.removeFile("a/1");
    await disk.createMarker("a/2", Buffer.from("2"));
    disk.losePower(seededRandom(seed));
    expect(await disk.listNames("a")).toEqual(["2"]);
  }
});

test("it keeps the rules of a disk", async () => {
  const disk = simulatedDisk();
  await expect(disk.createLog("none/1")).rejects.toMatchObject({ code: "DISK_FAILED" });
  await disk.makeFolder("a/b");
  const log = await disk.createLog("a/b/1");
  await expect(disk.createLog("a/b/1")).rejects.toMatchObject({ code: "DISK_FAILED" });
  expect(await disk.createMarker("a/b/1", new Uint8Array(1))).toBe(false);
  await log.append([Buffer.from("x"), Buffer.from("yz")]);
  expect(log.sizeBytes).toBe(3);
  expect(textOf(await disk.readFile("a/b/1"))).toBe("xyz");
  expect(await disk.listNames("a")).toEqual(["b"]);
  expect(await disk.listNames("nowhere")).toEqual([]);
  expect([await disk.exists("a/b"), await disk.exists("a/c")]).toEqual([true, false]);
  await log.close();
  await expect(log.append([])).rejects.toMatchObject({ code: "DISK_FAILED" });
  await disk.removeFolder("a");
  expect(await disk.exists("a/b/1")).toBe(false);
  await disk.removeFile("a/b/1");
});

test("a log of before the loss of power is dead", async () => {
  const disk = simulatedDisk();
  await disk.makeFolder("a");
  const log = await disk.createLog("a/1");
  disk.losePower(seededRandom(1));
  await expect(log.append([])).rejects.toMatchObject({ code: "DISK_FAILED" });
});

test("a torn append leaves a part, and a full disk takes what fits", async () => {
  const inner = simulatedDisk();
  const disk = faultingDisk(inner, {
    rules: [{ at: 2, what: ["append"], fault: { kind: "torn", share: 0.5 } }],
    diskBytesMax: 10,
  });
  await disk.makeFolder("a");
  const log = await disk.createLog("a/1");
  await log.append([Buffer.from("four")]);
  await expect(log.append([Buffer.from("AB"), Buffer.from("CD")])).rejects.toMatchObject({
    code: "DISK_FAILED",
  });
  expect(textOf(await inner.readFile("a/1"))).toBe("fourAB");
  await expect(log.append([Buffer.from("longer")])).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(textOf(await inner.readFile("a/1"))).toBe("fourABlong");
  await expect(disk.createMarker("a/fence", new Uint8Array(1))).rejects.toMatchObject({
    code: "DISK_FULL",
  });
  expect(await inner.exists("a/fence")).toBe(false);
});

test("a sync that fails after has synced, one that fails before has not", async () => {
  const lengths = { before: new Set<number>(), after: new Set<number>() };
  for (const kind of ["before", "after"] as const) {
    for (let seed = 0; seed < 30; seed++) {
      const inner = simulatedDisk();
      const disk = faultingDisk(inner, { rules: [{ what: ["sync"], fault: { kind } }] });
      await disk.makeFolder("a");
      const log = await disk.createLog("a/1");
      await log.append([Buffer.from("row")]);
      await expect(log.sync()).rejects.toMatchObject({ code: "DISK_FAILED" });
      inner.losePower(seededRandom(seed));
      lengths[kind].add((await inner.readFile("a/1"))?.length ?? -1);
    }
  }
  expect([...lengths.before].sort()).toEqual([0, 1, 2, 3]);
  expect([...lengths.after]).toEqual([3]);
});
