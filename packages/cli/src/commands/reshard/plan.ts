import { wholeNumberOf } from "../../arguments/parse-number.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { reshardPlanText } from "../../render/reshard/plan.ts";

interface PlanArguments {
  readonly numDataShards: number;
}

export const addPlanCommand: AddCommand = (program, run) => {
  program
    .command("plan")
    .summary("what a reshard would do and cost")
    .description(
      "Says what a reshard would copy, how long it would take, how much disk both specs need at once, and how even the new shards would be. Copies a few files in memory for the estimate; writes nothing.",
    )
    .requiredOption(
      "--num-data-shards <M>",
      "shards that the project is to have",
      wholeNumberOf("--num-data-shards", 1),
    )
    .addHelpText(
      "after",
      `
Examples:
  shale reshard plan --num-data-shards=32
  shale reshard plan --project-id=shop --num-data-shards=32 --json`,
    )
    .action((options: PlanArguments) => run((context) => runPlan(context, options)));
};

async function runPlan(
  context: CommandContext,
  { numDataShards }: PlanArguments,
): Promise<ExitCode> {
  const { signal, output } = context;
  const plan = await withProject(context, (project) =>
    project.reshard.plan({ shards: numDataShards, signal }),
  );
  await writeAnswer(context, plan, () => reshardPlanText(plan, output.layout));
  return 0;
}
