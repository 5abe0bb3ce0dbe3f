import { expect, test } from "vitest";
import { memoryDisk } from "./memory-disk.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a log holds what was appended, in order", async () => {
  const disk = memoryDisk();
  const log = await disk.createLog("wal/1/segment");
  await log.append([bytes("one"), bytes(""), bytes("two")]);
  await log.append([bytes("x".repeat(5000))]);
  expect(log.sizeBytes).toBe(5006);
  expect(await disk.readFile("wal/1/segment")).toEqual(bytes(`onetwo${"x".repeat(5000)}`));
  await expect(disk.createLog("wal/1/segment")).rejects.toMatchObject({ code: "DISK_FAILED" });
});

test("a marker is made once, and a folder goes with everything in it", async () => {
  const disk = memoryDisk();
  expect(await disk.createMarker("wal/1/fence", bytes("a"))).toBe(true);
  expect(await disk.createMarker("wal/1/fence", bytes("b"))).toBe(false);
  await disk.makeFolder("wal/10");
  expect(await disk.listNames("wal")).toEqual(["1", "10"]);
  await disk.removeFolder("wal/1");
  expect(await disk.listNames("wal")).toEqual(["10"]);
  expect(await disk.exists("wal/1/fence")).toBe(false);
  expect(await disk.listNames("elsewhere")).toEqual([]);
});
