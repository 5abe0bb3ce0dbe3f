import { wholeNumberOf } from "../../arguments/parse-number.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { reshardLogText } from "../../render/reshard/log.ts";

interface LogArguments {
  readonly after?: number | undefined;
}

export const addReshardLogCommand: AddCommand = (program, run) => {
  program
    .command("log")
    .summary("every step of every reshard")
    .description(
      "Lists every step of every reshard, oldest first: who took it, when, and what belongs to it. The steps lead to the present state; they are never removed.",
    )
    .option("--after <number>", "only steps after this one", wholeNumberOf("--after", 0))
    .addHelpText(
      "after",
      `
Examples:
  shale reshard log
  shale reshard log --after 4 --json`,
    )
    .action((options: LogArguments) => run((context) => runLog(context, options)));
};

async function runLog(context: CommandContext, { after }: LogArguments): Promise<ExitCode> {
  const { signal, output } = context;
  const entries = await withProject(context, (project) => project.reshard.log({ after, signal }));
  await writeAnswer(context, { entries }, () => reshardLogText(entries, output.layout));
  return 0;
}
