import type { TimeUnit } from "@shale/model";

/** Units that cut a range into intervals. */
export const timeUnits = [
  "minute",
  "hour",
  "day",
  "week",
  "month",
] as const satisfies readonly TimeUnit[];
