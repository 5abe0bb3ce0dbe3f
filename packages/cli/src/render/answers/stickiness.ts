import type { StickinessAnswer } from "@shale/model";
import { barChartText } from "../chart.ts";
import type { Layout } from "../table.ts";
import { paragraph } from "./wording.ts";

/** One bar for each number of active intervals. */
export function stickinessText(answer: StickinessAnswer, layout: Layout): string {
  const { intervalCount, users } = answer;
  const title = `users by the number of intervals they were active in, of ${intervalCount}`;
  const bars = users.map((value, index) => ({ label: String(index + 1), value }));
  const text = paragraph(title, layout, layout.palette.strong);
  return bars.length === 0 ? text : `${text}\n${barChartText(bars, layout)}`;
}
