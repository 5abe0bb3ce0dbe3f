import type { WeekStart } from "@shale/model";
import type { ParsedSession } from "../parse-range.ts";
import type { ParsedFilter, ParsedSelect } from "../parsed-query.ts";

export interface ParsedFlow {
  readonly kind: "flow";
  readonly fromMs: number;
  readonly toMs: number;
  readonly timezone: string;
  readonly weekStart: WeekStart;
  readonly asOfMs: number | undefined;
  readonly where: ParsedFilter | undefined;
  /** 1 to 10. */
  readonly anchors: readonly ParsedSelect[];
  /** Steps shown on either side of each anchor. */
  readonly before: number;
  readonly after: number;
  readonly count: "uniques" | "totals" | "sessions";
  readonly session: ParsedSession;
  /** From the first anchor, both ways, its ends included. */
  readonly windowMs: number;
  readonly collapseRepeats: boolean;
  readonly hide: readonly ParsedSelect[];
  /** undefined: every event is visible. */
  readonly include: readonly ParsedSelect[] | undefined;
  /** undefined: a label is the name of the event. */
  readonly groupBy: string | undefined;
  readonly topK: number;
  readonly mode: "graph" | "paths";
  readonly paths: number;
}
