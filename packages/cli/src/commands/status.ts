import { fieldOf, isTrue, parseFailIf } from "../arguments/parse-fail-if.ts";
import { collected } from "../arguments/parse-number.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject, writeAnswer } from "../command-context.ts";
import type { ExitCode } from "../render/error.ts";
import { statusText } from "../render/status.ts";

interface StatusArguments {
  readonly files?: boolean | undefined;
  readonly failIf: readonly string[];
}

export const addStatusCommand: AddCommand = (program, run) => {
  program
    .command("status")
    .summary("specs, shards, skew, tail, writers, unreadable logs")
    .description("Shows how a project is kept, and can fail on a condition for monitoring.")
    .option("--files", "list every file of the project")
    .option(
      "--fail-if <condition>",
      'exit with 65 when "FIELD OP NUMBER" holds; may be repeated',
      collected,
      [],
    )
    .addHelpText(
      "after",
      `
Fields of --fail-if, in the live spec: tailEvents, dayFiles, skewMax (events of the fullest
shard), unreadableLogs. Operators: > >= < <= ==

Examples:
  shale status --files
  shale status --fail-if "tailEvents > 1000000" --fail-if "unreadableLogs > 0"`,
    )
    .action((options: StatusArguments) => run((context) => runStatus(context, options)));
};

async function runStatus(context: CommandContext, options: StatusArguments): Promise<ExitCode> {
  const conditions = options.failIf.map(parseFailIf);
  const status = await withProject(context, (project) =>
    project.status({ files: options.files === true }),
  );
  await writeAnswer(context, status, () => statusText(status, context.output.layout));
  let exitCode: ExitCode = 0;
  for (const condition of conditions) {
    const value = fieldOf(status, condition.field);
    if (!isTrue(condition, value)) continue;
    await context.note(
      `Fails: ${condition.field} is ${value}, which is ${condition.operator} ${condition.limit}`,
    );
    exitCode = 65;
  }
  return exitCode;
}
