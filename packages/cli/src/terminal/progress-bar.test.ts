import type { Progress } from "@shale/engine";
import { expect, test } from "vitest";
import { collectingStream, fixedClock } from "../../test/cli.test-support.ts";
import { paletteOf } from "../render/palette.ts";
import { widthOf } from "../render/text.ts";
import { openProgressBar, progressText } from "./progress-bar.ts";

const progress: Progress = {
  phase: "ingest",
  done: 520_000,
  total: 1_000_000,
  unit: "events",
  perSecond: 210_000.4,
  etaMs: 2_300,
};
const layout = { width: 100, palette: paletteOf({ colour: false }) };

test("a bar tells share, amounts, speed and the time left", () => {
  expect(progressText(progress, layout)).toBe(
    "ingest  ██████████░░░░░░░░░░  52 %  2.3 s left  520,000 of 1,000,000 events  210,000/s",
  );
  expect(progressText({ ...progress, unit: "bytes", total: null, etaMs: null }, layout)).toBe(
    "ingest  507.8 KiB  205.1 KiB/s",
  );
});

test("a bar is never as wide as the line", () => {
  for (const width of [20, 40, 59, 60, 61, 80]) {
    expect(widthOf(progressText(progress, { ...layout, width }))).toBeLessThan(width);
  }
});

test("a bar appears after a second, at most ten times a second, and leaves nothing behind", () => {
  const { stream, text } = collectingStream();
  const bar = openProgressBar(fixedClock(60), stream, { layout, isTerminal: true });
  for (let step = 0; step < 40; step++) bar.update(progress);
  bar.clear();
  bar.clear();
  const drawn = text().split("\r\u001b[2K");
  expect(drawn[0]).toBe("");
  expect(drawn.at(-1)).toBe("");
  expect(drawn.length - 2).toBeGreaterThan(5);
  expect(drawn.length - 2).toBeLessThan(24);
});

test("facts have a line of their own below the bar, and both are taken off", () => {
  const { stream, text } = collectingStream();
  const bar = openProgressBar(fixedClock(600), stream, { layout, isTerminal: true });
  const facts = ["waits for the throttle", "2/8 jobs"];
  bar.update({ ...progress, facts }); // Too early.
  bar.update({ ...progress, facts });
  bar.update(progress);
  bar.clear();
  const line = progressText(progress, layout);
  const both = `${line}\nwaits for the throttle  2/8 jobs`;
  const clearBoth = "\r\u001b[2K\u001b[1A\u001b[2K";
  expect(text()).toBe(`\r\u001b[2K${both}${clearBoth}${line}\r\u001b[2K`);
});

test("without a terminal there is no bar", () => {
  const { stream, text } = collectingStream();
  const bar = openProgressBar(fixedClock(5_000), stream, { layout, isTerminal: false });
  bar.update(progress);
  bar.clear();
  expect(text()).toBe("");
});
