import type { EventSelect, FlowQuery } from "@shale/model";
import { unquoted } from "../parse-by.ts";
import type { RangeArguments, SessionArguments } from "./question-range.ts";
import { given, rangeOf, rangeWords, sentence, sessionOf, spanOf } from "./question-range.ts";

/** The flags of `shale flow`. */
export interface FlowArguments extends RangeArguments, SessionArguments {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly count?: FlowQuery["count"];
  readonly window?: string | undefined;
  readonly collapseRepeats?: boolean | undefined;
  readonly hide: readonly string[];
  readonly include: readonly string[];
  readonly groupBy?: string | undefined;
  readonly topK?: number | undefined;
  readonly mode?: FlowQuery["mode"];
  readonly paths?: number | undefined;
}

/** @throws {ShaleError} USAGE */
export function flowQueryOf(
  anchors: readonly string[],
  options: FlowArguments,
  nowMs: number,
): FlowQuery {
  const { before, after, count, window, collapseRepeats, groupBy, topK, mode, paths } = options;
  return {
    kind: "flow",
    ...rangeOf(options, nowMs),
    anchors: anchors.map((event) => ({ event })),
    ...given({
      before,
      after,
      count,
      window: window === undefined ? undefined : spanOf("--window", window),
      collapseRepeats,
      hide: selectsOf(options.hide),
      include: selectsOf(options.include),
      groupBy: groupBy === undefined ? undefined : unquoted(groupBy),
      topK,
      mode,
      paths,
    }),
    ...sessionOf(options),
  };
}

function selectsOf(events: readonly string[]): EventSelect[] | undefined {
  return events.length === 0 ? undefined : events.map((event) => ({ event }));
}

function steps(count: number): string {
  return `${count} ${count === 1 ? "step" : "steps"}`;
}

const counts = { uniques: "users", totals: "flows", sessions: "sessions" } as const;

/** `cart: users, 1 step before and 3 after, from …`. */
export function flowHeading(
  anchors: readonly string[],
  options: FlowArguments,
  query: FlowQuery,
): string {
  const { before = 0, after = 3, count, hide, include } = options;
  return sentence([
    `${anchors.join(" → ")}:`,
    `${counts[count ?? "uniques"]},`,
    before > 0 ? `${steps(before)} before and ${after} after,` : `${steps(after)} after,`,
    hide.length > 0 ? `without ${hide.join(", ")},` : "",
    include.length > 0 ? `with only ${include.join(", ")},` : "",
    ...rangeWords(options, query),
  ]);
}
