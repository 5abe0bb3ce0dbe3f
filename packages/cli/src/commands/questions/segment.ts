import type { SegmentationAnswer } from "@shale/model";
import { parseBy, propertyOfBy } from "../../arguments/parse-by.ts";
import { parseMeasure, propertyOfMeasure } from "../../arguments/parse-measure.ts";
import { collected, wholeNumberOf } from "../../arguments/parse-number.ts";
import { propertiesOfWhere } from "../../arguments/parse-where.ts";
import type { SegmentArguments } from "../../arguments/questions/segmentation-query.ts";
import {
  segmentationHeading,
  segmentationQueryOf,
} from "../../arguments/questions/segmentation-query.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { isUnbroken, runQuestion } from "./ask.ts";
import type { FormatArguments } from "./question-options.ts";
import {
  addBreakdownOptions,
  addRangeOptions,
  addSessionOptions,
  choiceOption,
  timeUnitNames,
  whereHelp,
} from "./question-options.ts";

const measureHelp = `
Measures (p90 stands for any percentile; quote those with parentheses for the shell):
  total  unique  sessions  dau  wau  mau  cumulativeUnique
  sum(price)  avg(price)  min(price)  max(price)  median(price)  p90(price)
  distinct(sku)                  different values
  avg(count per user)            events of a user, on average
  median(sum(price) per user)    inside: count, sum, avg, min, max, distinct`;

export const addSegmentCommand: AddCommand = (program, run) => {
  const command = program
    .command("segment")
    .summary("count events or users over time, with a breakdown")
    .description(
      "Counts events, users or sessions in each interval, or measures a property: one series an event name, or any event when none is named. Without --from and --to: the last 30 days, today included.",
    )
    .argument("[events...]", "event names");
  addRangeOptions(command)
    .addOption(
      choiceOption("--unit <unit>", "length of an interval", [...timeUnitNames, "range"]).default(
        "day",
      ),
    )
    .option(
      "--measure <measure>",
      "what to count or compute (default total); may be repeated",
      collected,
      [],
    );
  addBreakdownOptions(command)
    .option("--formula <formula>", "one more series, of the others as A, B, …: 100*B/A")
    .option("--rolling <n>", "mean of the last n intervals", wholeNumberOf("--rolling", 1))
    .option("--cumulative", "each value from the start of the range on");
  addSessionOptions(command)
    .addHelpText(
      "after",
      `${measureHelp}
${whereHelp}

Examples:
  shale segment purchase --from 2026-10-01 --to 2026-11-01
  shale segment purchase --by country --where 'price>=10' --measure unique
  shale segment purchase --measure 'sum(price)' --measure 'p90(price)' --unit week
  shale segment view purchase --measure unique --formula '100 * B / A'
  shale segment view purchase --unit week --timezone Asia/Kolkata`,
    )
    .action((events: string[], options: SegmentArguments & FormatArguments) =>
      run((context) => runSegment(context, events, options)),
    );
};

function runSegment(
  context: CommandContext,
  events: readonly string[],
  options: SegmentArguments & FormatArguments,
): Promise<ExitCode> {
  const query = segmentationQueryOf(events, options, context.clock.nowMs());
  const measured = options.measure.map((text) => propertyOfMeasure(parseMeasure(text)));
  return runQuestion<SegmentationAnswer>(context, {
    heading: segmentationHeading(events, options, query),
    format: options.format,
    events,
    quietEvents: [],
    properties: [
      ...measured.filter((name) => name !== undefined),
      ...options.by.map((text) => propertyOfBy(parseBy(text))),
      ...propertiesOfWhere(options.where),
    ],
    range: query,
    ask: (project, settings) => project.query(query, settings),
    emptiness,
  });
}

function emptiness({ series }: SegmentationAnswer): "full" | "partly" | "empty" {
  const isNothing = series.map(({ overall }) =>
    overall.values.every((value) => value === 0 || value === null),
  );
  if (isNothing.every((nothing) => nothing)) return "empty";
  const isDoubtful = series.some(({ segments }) => isUnbroken(segments));
  return isDoubtful || isNothing.some((nothing) => nothing) ? "partly" : "full";
}
