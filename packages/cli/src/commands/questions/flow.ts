import type { FlowAnswer } from "@shale/model";
import { unquoted } from "../../arguments/parse-by.ts";
import { collected, wholeNumberOf } from "../../arguments/parse-number.ts";
import { propertiesOfWhere } from "../../arguments/parse-where.ts";
import type { FlowArguments } from "../../arguments/questions/flow-query.ts";
import { flowHeading, flowQueryOf } from "../../arguments/questions/flow-query.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { runQuestion } from "./ask.ts";
import type { FormatArguments } from "./question-options.ts";
import { addRangeOptions, addSessionOptions, choiceOption, whereHelp } from "./question-options.ts";

export const addFlowCommand: AddCommand = (program, run) => {
  const command = program
    .command("flow")
    .summary("what users do before and after an event")
    .description(
      "Follows users from an event, or through several in order, and counts what they do next and what they did before. Without --from and --to: the last 30 days, today included.",
    )
    .argument("<anchors...>", "event names, in order")
    .option("--before <n>", "steps before, 0 if not said", wholeNumberOf("--before", 0))
    .option("--after <n>", "steps after, 3 if not said", wholeNumberOf("--after", 0));
  addRangeOptions(command)
    .addOption(choiceOption("--count <what>", "what to count", ["uniques", "totals", "sessions"]))
    .option("--window <span>", "time around the anchor, 30d if not said")
    .option("--collapse-repeats", "the same thing several times in a row is one step")
    .option("--hide <event>", "overlook this event; may be repeated", collected, [])
    .option("--include <event>", "overlook all but this; may be repeated", collected, [])
    .option("--group-by <property>", "tell events apart by this property")
    .option("--top-k <n>", "nodes to show for a step, 3 if not said", wholeNumberOf("--top-k", 1))
    .addOption(choiceOption("--mode <mode>", "steps, or whole paths", ["graph", "paths"]))
    .option("--paths <n>", "paths to show, 50 if not said", wholeNumberOf("--paths", 1));
  addSessionOptions(command)
    .addHelpText(
      "after",
      `${whereHelp}

Examples:
  shale flow signup
  shale flow purchase --before 3 --after 0 --hide heartbeat
  shale flow view purchase --top-k 5 --from 2026-10-01 --to 2026-11-01
  shale flow signup --mode paths --paths 20 --group-by page`,
    )
    .action((anchors: string[], options: FlowArguments & FormatArguments) =>
      run((context) => runFlow(context, anchors, options)),
    );
};

function runFlow(
  context: CommandContext,
  anchors: readonly string[],
  options: FlowArguments & FormatArguments,
): Promise<ExitCode> {
  const query = flowQueryOf(anchors, options, context.clock.nowMs());
  return runQuestion<FlowAnswer>(context, {
    heading: flowHeading(anchors, options, query),
    format: options.format,
    events: anchors,
    quietEvents: [...options.hide, ...options.include],
    properties: [
      ...(options.groupBy === undefined ? [] : [unquoted(options.groupBy)]),
      ...propertiesOfWhere(options.where),
    ],
    range: query,
    ask: (project, settings) => project.query(query, settings),
    emptiness,
  });
}

function emptiness(answer: FlowAnswer): "full" | "partly" | "empty" {
  const isNothing =
    answer.mode === "graph"
      ? answer.steps.every(({ nodes }) => nodes.length === 0)
      : answer.paths.length === 0;
  return isNothing ? "empty" : "full";
}
