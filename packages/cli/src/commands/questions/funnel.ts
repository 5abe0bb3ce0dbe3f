import type { FunnelAnswer } from "@shale/model";
import { parseBy, propertyOfBy, unquoted } from "../../arguments/parse-by.ts";
import { collected, wholeNumberOf } from "../../arguments/parse-number.ts";
import { propertiesOfWhere } from "../../arguments/parse-where.ts";
import type { FunnelArguments } from "../../arguments/questions/funnel-query.ts";
import {
  excludedEvents,
  funnelHeading,
  funnelQueryOf,
} from "../../arguments/questions/funnel-query.ts";
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

export const addFunnelCommand: AddCommand = (program, run) => {
  const command = program
    .command("funnel")
    .summary("how many users do one thing and then another")
    .description(
      "Counts the users who do the first step, then the second within the window, and so on. Without --from and --to: the last 30 days, today included.",
    )
    .argument("<steps...>", "event names, in order")
    .option(
      "--window <span>",
      "time from the first step to the last, as 30m, 7d; none; or sessions:1",
      "7d",
    );
  addRangeOptions(command)
    .addOption(choiceOption("--order <order>", "of the steps", ["ordered", "strict", "any"]))
    .addOption(choiceOption("--entry <entry>", "which first step begins", ["first", "optimized"]))
    .addOption(choiceOption("--count <what>", "what to count", ["uniques", "totals", "sessions"]))
    .option("--step-where <n:condition>", "condition of one step; may be repeated", collected, [])
    .option("--optional <n>", "a step that may be left out; may be repeated", collectedSteps, []);
  addExclusionOptions(addBreakdownOptions(command))
    .option(
      "--attribution <which>",
      "whose property breaks down: firstDefined, lastDefined, allSteps or step:2",
    )
    .option("--attempt-where <condition>", "only such attempts; may be repeated", collected, [])
    .option(
      "--tie-quantum <ms>",
      "times this near count as equal",
      wholeNumberOf("--tie-quantum", 1),
    )
    .addOption(choiceOption("--tie-rule <rule>", "for equal times", ["favourable", "strict"]))
    .addOption(choiceOption("--trend <unit>", "the funnel of each interval too", timeUnitNames))
    .addOption(
      choiceOption("--trend-mode <mode>", "how a trend counts", ["perInterval", "byEntry"]),
    );
  addSessionOptions(command)
    .addHelpText(
      "after",
      `${whereHelp}

Examples:
  shale funnel view purchase --window 7d
  shale funnel view add purchase --window 30m --by country --from 2026-10-01 --to 2026-11-01
  shale funnel view purchase --step-where '2: price>=10' --exclude refund:1-2
  shale funnel view purchase --trend week --count totals`,
    )
    .action((steps: string[], options: FunnelArguments & FormatArguments) =>
      run((context) => runFunnel(context, steps, options)),
    );
};

function addExclusionOptions(command: ReturnType<typeof addRangeOptions>) {
  return command
    .option(
      "--exclude <event>",
      "who does this between the steps drops off; refund:1-2 between these two; may be repeated",
      collected,
      [],
    )
    .addOption(choiceOption("--on-exclude <what>", "then", ["dropoff", "remove"]))
    .option("--ignore <event>", "with --order strict: overlook this event", collected, [])
    .option("--hold <property>", "equal in all steps; may be repeated", collected, []);
}

function collectedSteps(text: string, earlier: readonly number[] = []): readonly number[] {
  return [...earlier, wholeNumberOf("--optional", 1)(text)];
}

function runFunnel(
  context: CommandContext,
  steps: readonly string[],
  options: FunnelArguments & FormatArguments,
): Promise<ExitCode> {
  const query = funnelQueryOf(steps, options, context.clock.nowMs());
  return runQuestion<FunnelAnswer>(context, {
    heading: funnelHeading(steps, options, query),
    format: options.format,
    events: steps,
    quietEvents: [...excludedEvents(options), ...options.ignore],
    properties: [
      ...options.by.map((text) => propertyOfBy(parseBy(text))),
      ...options.hold.map(unquoted),
      ...propertiesOfWhere([...options.where, ...options.attemptWhere]),
      ...propertiesOfWhere(options.stepWhere.map((text) => text.replace(/^\s*\d+\s*:/, ""))),
    ],
    range: query,
    ask: (project, settings) => project.query(query, settings),
    emptiness,
  });
}

function emptiness({ steps, segments }: FunnelAnswer): "full" | "partly" | "empty" {
  if (steps[0]?.count === 0) return "empty";
  return steps.some(({ count }) => count === 0) || isUnbroken(segments) ? "partly" : "full";
}
