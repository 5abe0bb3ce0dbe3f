import type { ReshardPlan } from "@shale/engine";
import { hangingLines } from "../error.ts";
import { bytesText, countText, durationText, numberText, rateText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { tableText } from "../table.ts";
import { factList } from "./fact-list.ts";

export function reshardPlanText(plan: ReshardPlan, layout: Layout): string {
  const { from, to, jobs, rows, bytes, diskPeakBytes, etaMs, skew, largestUser } = plan;
  const specs = tableText(
    [
      { title: "spec" },
      { title: "shards", align: "right" },
      { title: "fullest shard", align: "right" },
    ],
    [
      [from.spec, numberText(from.shards), `${skew.before.toFixed(2)} × the average`],
      [to.spec, numberText(to.shards), `${skew.after.toFixed(2)} × the average`],
    ],
    layout,
  );
  const facts = factList(
    [
      ["to copy", `${countText(rows, "row")}, ${bytesText(bytes)}, in ${countText(jobs, "job")}`],
      ["disk", `up to ${bytesText(diskPeakBytes)} for the day files of both specs`],
      ["takes about", etaMs === null ? "nothing: no row is in a day file" : durationText(etaMs)],
      ["largest user", `${rateText(largestUser.share)} of all rows`],
    ],
    layout,
  );
  const warnings = plan.warnings.flatMap((warning) =>
    hangingLines("warning: ", warning, { width: layout.width, indent: 9 }).map((line) =>
      line.replace(/^warning:/, layout.palette.warning("warning:")),
    ),
  );
  const next = hangingLines("Next: ", `shale reshard begin --num-data-shards=${to.shards}`, {
    width: layout.width,
    indent: 6,
  });
  const parts = [[specs], facts, warnings, next].filter((lines) => lines.length > 0);
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}
