import { ShaleError } from "@shale/model";
import { wholeNumberOf } from "../arguments/parse-number.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject, writeAnswer } from "../command-context.ts";
import type { ExitCode } from "../render/error.ts";
import { readConfirmation } from "../terminal/confirm.ts";

interface ForgetArguments {
  readonly yes?: boolean | undefined;
}

export const addWriterCommand: AddCommand = (program, run) => {
  const writer = program
    .command("writer")
    .summary("declare an unreadable log lost")
    .description("Looks after the writers of a project; shale status lists them.");
  writer
    .command("forget")
    .summary("declare a writer's unreadable log lost")
    .description(
      "Declares the log of a dead writer lost: rows that it had acknowledged and not yet flushed are given up, and the catalog records it. Only for logs that cannot be read any more.",
    )
    .argument("<ordinal>", "the writer's number", wholeNumberOf("a writer", 1))
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  shale writer forget 3
  shale writer forget 3 --yes --json`,
    )
    .action((ordinal: number, options: ForgetArguments) =>
      run((context) => runForget(context, ordinal, options)),
    );
};

async function runForget(
  context: CommandContext,
  ordinal: number,
  { yes }: ForgetArguments,
): Promise<ExitCode> {
  if (yes !== true && !(await isConfirmed(context, ordinal))) {
    await context.note("Nothing was changed");
    return 0;
  }
  const forgotten = await withProject(context, (project) => project.forgetWriter(ordinal));
  const { writer, lastSeq } = forgotten;
  const kept = lastSeq === 0 ? "no row of it is in the store" : `its last row is seq ${lastSeq}`;
  await writeAnswer(context, forgotten, () => `writer ${writer} is forgotten; ${kept}`);
  return 0;
}

function isConfirmed(context: CommandContext, ordinal: number): Promise<boolean> {
  if (context.stdin.isTTY !== true) {
    throw new ShaleError(
      "USAGE",
      `Cannot ask whether writer ${ordinal} may be forgotten: add --yes, for there is no terminal`,
    );
  }
  return readConfirmation(
    context.stdin,
    context.ask,
    `Give up what writer ${ordinal} acknowledged and never flushed in project "${context.globals.projectId}"?`,
  );
}
