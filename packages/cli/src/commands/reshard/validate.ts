import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { validatedText } from "../../render/reshard/validation.ts";
import { comparisonProgress } from "../../reshard/comparison-progress.ts";
import { openValidationJournal } from "../../reshard/validation-journal.ts";
import type { OperationArguments } from "./operation.ts";
import { addSpecOption, operationIdOf } from "./operation.ts";

interface ValidateArguments extends OperationArguments {
  readonly full?: boolean | undefined;
}

export const addValidateCommand: AddCommand = (program, run) => {
  addSpecOption(program.command("validate"))
    .summary("compare both specs, event by event")
    .description(
      "Compares the old and the new spec at one cut: events, users and digest of every day and generation, and the place of every row. Where they hold the same it leaves the token that finalize needs; where they differ it lists the events and exits with 65. After a stop a rerun goes on.",
    )
    .option(
      "--full",
      "read every row, those of the new spec by a second reader and a second digest",
    )
    .addHelpText(
      "after",
      `
Examples:
  shale reshard validate --new-sharding-spec=B
  shale reshard validate --new-sharding-spec=B --full --json`,
    )
    .action((options: ValidateArguments) => run((context) => runValidate(context, options)));
};

async function runValidate(context: CommandContext, options: ValidateArguments): Promise<ExitCode> {
  const { signal, output, globals, cacheFolder, clock } = context;
  const { full = false } = options;
  const validated = await withProject(context, async (project) => {
    const operationId = await operationIdOf(project, options);
    const { root, projectId } = globals;
    const journal = await openValidationJournal(cacheFolder, { root, projectId, full, clock });
    try {
      const onProgress = comparisonProgress("validate", context);
      const done = await project.reshard.validate({
        operationId,
        full,
        journal,
        onProgress,
        signal,
      });
      await journal.remove();
      return done;
    } catch (error) {
      if (signal.aborted)
        await context.note("The same command goes on with the days that are left");
      throw error;
    }
  });
  const { newShardingSpec: spec } = options;
  await writeAnswer(context, validated, () => validatedText({ ...validated, spec }, output.layout));
  return validated.matched ? 0 : 65;
}
