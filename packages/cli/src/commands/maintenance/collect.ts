import { parseSpan } from "../../arguments/parse-span.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { collectionDocumentOf, collectionText } from "../../render/maintenance/collection.ts";

interface CollectArguments {
  readonly dryRun?: boolean | undefined;
  readonly grace?: string | undefined;
}

export const addCollectCommand: AddCommand = (program, run) => {
  program
    .command("collect")
    .summary("delete what nothing reaches")
    .description(
      "Deletes objects that no answer can reach any more: day files that were merged, tail objects that are in day files, days that are no longer kept. An object is condemned first and goes when the grace has passed, so what is condemned now goes with a later run.",
    )
    .option("--dry-run", "say what would be done and why, and write nothing")
    .option(
      "--grace <duration>",
      "how long a condemned object stays; default 1h, or 0 when no other process lives",
    )
    .addHelpText(
      "after",
      `
Do not run it while a backup copies the folder.

Examples:
  shale collect
  shale collect --dry-run
  shale collect --grace 15m --json`,
    )
    .action((options: CollectArguments) => run((context) => runCollect(context, options)));
};

async function runCollect(
  context: CommandContext,
  { dryRun = false, grace }: CollectArguments,
): Promise<ExitCode> {
  const graceMs = grace === undefined ? undefined : parseSpan("--grace", grace);
  const { signal, onProgress, output } = context;
  const report = await withProject(context, (project) =>
    project.collect({ graceMs, dryRun, signal, onProgress }),
  );
  await writeAnswer(context, collectionDocumentOf(report), () =>
    collectionText(report, output.layout),
  );
  return 0;
}
