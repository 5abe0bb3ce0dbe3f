import type { Answer } from "@shale/model";
import { unreachable } from "@shale/model";
import type { PlainCell, PlainTable } from "../plain-table.ts";
import { eventTable } from "./event-table.ts";
import { flowTable } from "./flow-table.ts";
import { funnelTable } from "./funnel-table.ts";
import { retentionTable } from "./retention-table.ts";
import { segmentationTable } from "./segmentation-table.ts";
import { tableOfRows } from "./table-of-rows.ts";

/** An answer as one flat table: docs/arrow.md says for each kind what a row is. */
export function answerTable(answer: Answer): PlainTable {
  switch (answer.kind) {
    case "segmentation":
      return segmentationTable(answer);
    case "funnel":
      return funnelTable(answer);
    case "retention":
      return retentionTable(answer);
    case "flow":
      return flowTable(answer);
    case "lifecycle": {
      const states = ["new", "returning", "resurrecting", "dormant"] as const;
      const cells = answer.intervals.map((interval, index): PlainCell[] => [
        interval,
        ...states.map((state) => answer[state][index] ?? 0),
      ]);
      const counts = states.map((name) => ({ name, type: "number" }) as const);
      return tableOfRows([{ name: "interval", type: "string" }, ...counts], cells);
    }
    case "stickiness":
      return tableOfRows(
        [
          { name: "intervals", type: "number" },
          { name: "users", type: "number" },
        ],
        answer.users.map((users, index) => [index + 1, users]),
      );
    case "users":
      return tableOfRows(
        [{ name: "user_id", type: "string" }],
        answer.users.map(({ user_id }) => [user_id]),
      );
    case "timeline":
      return eventTable(answer.events);
    default:
      return unreachable(answer);
  }
}
