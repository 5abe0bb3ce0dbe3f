import { ShaleError } from "@shale/model";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { finalizedText, rolledBackText } from "../../render/reshard/steps.ts";
import { comparisonText } from "../../render/reshard/validation.ts";
import { comparisonProgress } from "../../reshard/comparison-progress.ts";
import { comparisonIn } from "../../reshard/refused-rollback.ts";
import type { OperationArguments } from "./operation.ts";
import { addOperationOption, addSpecOption, operationIdOf } from "./operation.ts";

interface FinalizeArguments extends OperationArguments {
  readonly token?: string | undefined;
}

export const addFinalizeCommand: AddCommand = (program, run) => {
  addSpecOption(program.command("finalize"))
    .summary("let the new spec answer")
    .description(
      "Lets the new spec answer from now on, by one commit. It needs the token of a validation that nothing has voided since. Both specs stay fed, so that a rollback is possible until the end of --retention, and until reshard collect after that.",
    )
    .option("--token <token>", "only by this validation (default: the last one)")
    .addHelpText(
      "after",
      `
Examples:
  shale reshard finalize --new-sharding-spec=B
  shale reshard finalize --new-sharding-spec=B --token=00112233445566778899aabbccddeeff`,
    )
    .action((options: FinalizeArguments) => run((context) => runFinalize(context, options)));
};

async function runFinalize(context: CommandContext, options: FinalizeArguments): Promise<ExitCode> {
  const { signal, output } = context;
  const finalized = await withProject(context, async (project) => {
    const operationId = await operationIdOf(project, options);
    return await project.reshard.finalize({ operationId, token: options.token, signal });
  });
  await writeAnswer(context, finalized, () => finalizedText(finalized, output.layout));
  return 0;
}

interface RollbackArguments extends OperationArguments {
  readonly acceptDifferences?: boolean | undefined;
}

export const addRollbackCommand: AddCommand = (program, run) => {
  addOperationOption(program.command("rollback"))
    .summary("let the old spec answer again")
    .description(
      "Lets the old spec answer again, by one commit: it was fed all the time, so no event is lost. Compares both specs first, and refuses where they differ, unless the differences are accepted. Works where the new spec is damaged. Afterwards validate and finalize may follow once more, or abort.",
    )
    .option("--accept-differences", "go back although the specs differ, or the new one is damaged")
    .addHelpText(
      "after",
      `
Examples:
  shale reshard rollback
  shale reshard rollback --accept-differences --json`,
    )
    .action((options: RollbackArguments) => run((context) => runRollback(context, options)));
};

async function runRollback(
  context: CommandContext,
  { operationId, acceptDifferences }: RollbackArguments,
): Promise<ExitCode> {
  const { signal, output, globals } = context;
  try {
    const onProgress = comparisonProgress("compare", context);
    const back = await withProject(context, (project) =>
      project.reshard.rollback({ operationId, acceptDifferences, onProgress, signal }),
    );
    await writeAnswer(context, back, () => rolledBackText(back, output.layout));
    return 0;
  } catch (error) {
    const comparison = error instanceof ShaleError ? comparisonIn(error) : undefined;
    if (comparison !== undefined && !globals.json) {
      await output.write(`${comparisonText(comparison, output.layout)}\n`);
    }
    throw error;
  }
}
