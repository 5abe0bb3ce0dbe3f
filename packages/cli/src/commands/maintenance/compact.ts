import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { compactionText, plannedText } from "../../render/maintenance/compaction.ts";

interface CompactArguments {
  readonly dryRun?: boolean | undefined;
}

export const addCompactCommand: AddCommand = (program, run) => {
  program
    .command("compact")
    .summary("put the tail into day files, and day files into fewer")
    .description(
      "Puts everything in the tail into sorted day files, merges the files of each day and shard, and writes files again that hold deleted users. No answer changes. Safe beside any number of other processes, and after a stop a rerun goes on.",
    )
    .option("--dry-run", "say what would be done first, and write nothing")
    .addHelpText(
      "after",
      `
Examples:
  shale compact
  shale compact --dry-run
  shale compact --json`,
    )
    .action((options: CompactArguments) => run((context) => runCompact(context, options)));
};

async function runCompact(
  context: CommandContext,
  { dryRun = false }: CompactArguments,
): Promise<ExitCode> {
  const { signal, onProgress, output } = context;
  const report = await withProject(context, (project) =>
    project.compact({ mode: "full", dryRun, signal, onProgress }),
  );
  await writeAnswer(context, report, () =>
    dryRun ? plannedText(report, output.layout) : compactionText(report, output.layout),
  );
  return 0;
}
