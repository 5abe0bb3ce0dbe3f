import { replay } from "shale/testing";
import { expect, test } from "vitest";

test("a seed is one run: its commands, faults and operations", async () => {
  const lines: string[] = [];
  const { finding, trace } = await replay(7, { print: (line) => lines.push(line) });
  expect(finding).toBeUndefined();
  expect(lines.some((line) => line.includes("store put"))).toBe(true);
  expect((await replay(7, { print: () => undefined })).trace).toEqual(trace);
});
