import { parseSpan } from "../../arguments/parse-span.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { abortedText, collectedText } from "../../render/reshard/steps.ts";
import type { OperationArguments } from "./operation.ts";
import { addOperationOption } from "./operation.ts";

interface EndArguments extends OperationArguments {
  readonly grace?: string | undefined;
}

const graceOption = [
  "--grace <duration>",
  "how long a condemned object stays; default 1h, or 0 when no other process lives",
] as const;

export const addAbortCommand: AddCommand = (program, run) => {
  addOperationOption(program.command("abort"))
    .summary("give the new spec up")
    .description(
      "Gives the new spec up, as long as it does not answer. The old spec is not touched, and nothing that was appended is lost. The letter is spent: the next reshard takes the next one. A run that was stopped is repeated.",
    )
    .option(...graceOption)
    .addHelpText(
      "after",
      `
Examples:
  shale reshard abort
  shale reshard abort --json`,
    )
    .action((options: EndArguments) => run((context) => runAbort(context, options)));
};

async function runAbort(
  context: CommandContext,
  { operationId, grace }: EndArguments,
): Promise<ExitCode> {
  const { signal, output } = context;
  const graceMs = graceOf(grace);
  const aborted = await withProject(context, (project) =>
    project.reshard.abort({ operationId, graceMs, signal }),
  );
  await writeAnswer(context, aborted, () => abortedText(aborted, output.layout));
  return 0;
}

export const addCollectOldCommand: AddCommand = (program, run) => {
  addOperationOption(program.command("collect"))
    .summary("end the time of the rollback, and delete the old spec")
    .description(
      "Once the retention of the reshard is over: closes the old spec and deletes its files. No rollback is possible from then on. Where nothing is under way it deletes what earlier reshards have left.",
    )
    .option(...graceOption)
    .addHelpText(
      "after",
      `
Examples:
  shale reshard collect
  shale reshard collect --grace 15m --json`,
    )
    .action((options: EndArguments) => run((context) => runCollect(context, options)));
};

async function runCollect(
  context: CommandContext,
  { operationId, grace }: EndArguments,
): Promise<ExitCode> {
  const { signal, output } = context;
  const graceMs = graceOf(grace);
  const collected = await withProject(context, (project) =>
    project.reshard.collect({ operationId, graceMs, signal }),
  );
  await writeAnswer(context, collected, () => collectedText(collected, output.layout));
  return 0;
}

function graceOf(grace: string | undefined): number | undefined {
  return grace === undefined ? undefined : parseSpan("--grace", grace);
}
