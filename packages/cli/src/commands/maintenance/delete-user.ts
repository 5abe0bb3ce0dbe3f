import { ShaleError } from "@shale/model";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { receiptText } from "../../render/maintenance/receipt.ts";
import { countText } from "../../render/numbers.ts";
import { readConfirmation } from "../../terminal/confirm.ts";

interface DeleteArguments {
  readonly yes?: boolean | undefined;
}

export const addDeleteUserCommand: AddCommand = (program, run) => {
  program
    .command("delete-user")
    .summary("hide users at once, and remove them for good")
    .description(
      "Hides every event of these users at once, in every answer. The next compact and collect remove them for good. Prints a receipt that holds no user id. It cannot be undone; events that come later are shown.",
    )
    .argument("<id...>", "user ids")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  shale delete-user user-17
  shale delete-user user-17 user-18 --yes --json`,
    )
    .action((ids: readonly string[], options: DeleteArguments) =>
      run((context) => runDelete(context, ids, options)),
    );
};

async function runDelete(
  context: CommandContext,
  ids: readonly string[],
  { yes }: DeleteArguments,
): Promise<ExitCode> {
  if (yes !== true && !(await isConfirmed(context, ids))) {
    await context.note("Nothing was changed");
    return 0;
  }
  const { signal } = context;
  const receipt = await withProject(context, (project) => project.deleteUsers(ids, { signal }));
  await writeAnswer(context, receipt, () => receiptText(receipt, context.output.layout));
  if (receipt.unanswered.length > 0) {
    await context.note(
      `No answer from writer ${receipt.unanswered.join(", ")}: what it had acknowledged and not flushed may show for a while. Run shale doctor, then this command again`,
    );
  }
  return 0;
}

function isConfirmed(context: CommandContext, ids: readonly string[]): Promise<boolean> {
  if (context.stdin.isTTY !== true) {
    throw new ShaleError(
      "USAGE",
      "Cannot ask whether the users may be deleted: add --yes, for there is no terminal",
    );
  }
  const who = countText(ids.length, "user");
  return readConfirmation(
    context.stdin,
    context.ask,
    `Delete every event of ${who} in project "${context.globals.projectId}" for good?`,
  );
}
