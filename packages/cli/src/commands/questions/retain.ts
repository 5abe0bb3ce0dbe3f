import type { RetentionAnswer } from "@shale/model";
import { parseBy, propertyOfBy } from "../../arguments/parse-by.ts";
import { collected, wholeNumberOf } from "../../arguments/parse-number.ts";
import { propertiesOfWhere } from "../../arguments/parse-where.ts";
import type { RetainArguments } from "../../arguments/questions/retention-query.ts";
import { retentionHeading, retentionQueryOf } from "../../arguments/questions/retention-query.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { isUnbroken, runQuestion } from "./ask.ts";
import type { FormatArguments } from "./question-options.ts";
import {
  addBreakdownOptions,
  addRangeOptions,
  choiceOption,
  timeUnitNames,
  whereHelp,
} from "./question-options.ts";

export const addRetainCommand: AddCommand = (program, run) => {
  const command = program
    .command("retain")
    .summary("how many users come back, by when they came first")
    .description(
      "Puts users into cohorts by the interval of their birth event, and says how many of each return in bucket 0, 1, 2, … after it. Without --from and --to: the last 30 days, today included.",
    )
    .option("--birth <event>", "begins; several are any of them; none is any event", collected, [])
    .option("--return <event>", "comes back; as --birth", collected, [])
    .option("--birth-where <condition>", "only such births; may be repeated", collected, [])
    .option("--return-where <condition>", "only such returns; may be repeated", collected, []);
  addRangeOptions(command)
    .addOption(
      choiceOption("--unit <unit>", "length of a cohort and a bucket", timeUnitNames).default(
        "day",
      ),
    )
    .option("--buckets <n>", "buckets to show, 8 if not said", wholeNumberOf("--buckets", 1))
    .option("--brackets <list>", "buckets and ranges of them instead: 0,1-3,4-7")
    .addOption(choiceOption("--clock <clock>", "what a bucket is", ["rolling", "calendar"]))
    .addOption(
      choiceOption("--mode <mode>", "what counts as returned", [
        "on",
        "onOrAfter",
        "onOrBefore",
        "streak",
      ]),
    )
    .addOption(
      choiceOption("--cohort <cohort>", "which births count", [
        "perInterval",
        "firstInRange",
        "firstEver",
        "firstMatching",
      ]),
    )
    .option("--min-occurrences <n>", "returns needed", wholeNumberOf("--min-occurrences", 1));
  addBreakdownOptions(command)
    .addOption(choiceOption("--average <how>", "over the cohorts", ["pooled", "simple"]))
    .addHelpText(
      "after",
      `${whereHelp}

Examples:
  shale retain --birth signup --return view
  shale retain --birth signup --return purchase --unit week --buckets 12 --cohort firstEver
  shale retain --birth signup --brackets 0,1-6,7-29 --by country
  shale retain --return purchase --return-where 'price>=10' --mode onOrAfter`,
    )
    .action((options: RetainArguments & FormatArguments) =>
      run((context) => runRetain(context, options)),
    );
};

function runRetain(
  context: CommandContext,
  options: RetainArguments & FormatArguments,
): Promise<ExitCode> {
  const query = retentionQueryOf(options, context.clock.nowMs());
  return runQuestion<RetentionAnswer>(context, {
    heading: retentionHeading(options, query),
    format: options.format,
    events: [...options.birth, ...options.return],
    quietEvents: [],
    properties: [
      ...options.by.map((text) => propertyOfBy(parseBy(text))),
      ...propertiesOfWhere([...options.where, ...options.birthWhere, ...options.returnWhere]),
    ],
    range: query,
    ask: (project, settings) => project.query(query, settings),
    emptiness,
  });
}

function emptiness({ cohorts, segments }: RetentionAnswer): "full" | "partly" | "empty" {
  if (cohorts.every(({ size }) => size === 0)) return "empty";
  const isNobodyBack = cohorts.every(({ buckets }) => buckets.every(({ count }) => count === 0));
  return isNobodyBack || isUnbroken(segments) ? "partly" : "full";
}
