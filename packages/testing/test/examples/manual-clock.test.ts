import { manualClock } from "shale/testing";
import { expect, test } from "vitest";

test("a nap of an hour takes no time", async () => {
  const clock = manualClock(Date.UTC(2026, 9, 1));
  let isAwake = false;
  const nap = clock.sleep(3_600_000).then(() => {
    isAwake = true;
  });
  await clock.advance(3_599_999);
  expect(isAwake).toBe(false);
  await clock.advance(1);
  await nap;
  expect(clock.nowMs()).toBe(Date.UTC(2026, 9, 1, 1));
});
