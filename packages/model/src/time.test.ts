import { expect, test } from "vitest";
import { spanMs } from "./time.ts";

test("spanMs() reads the spans of the contract, and nothing else", () => {
  expect(["1ms", "2s", "3m", "4h", "7d", "2w", "1mo", "1.5h", "0.5ms"].map(spanMs)).toEqual([
    1, 2_000, 180_000, 14_400_000, 604_800_000, 1_209_600_000, 2_592_000_000, 5_400_000, 1,
  ]);
  for (const text of [
    "",
    "7",
    "d",
    "-1d",
    "7 d",
    "7D",
    "0d",
    "0.1ms",
    "1e3d",
    "9007199254740992s",
  ]) {
    expect(spanMs(text), text).toBeUndefined();
  }
});
