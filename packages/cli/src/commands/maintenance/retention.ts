import { ShaleError } from "@shale/model";
import { parseSpan } from "../../arguments/parse-span.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { retentionDocumentOf, retentionText } from "../../render/maintenance/retention.ts";

interface RetentionArguments {
  readonly keep?: string | undefined;
}

export const addRetentionCommand: AddCommand = (program, run) => {
  program
    .command("retention")
    .summary("how long events are kept")
    .description(
      "Sets how long events are kept, by their UTC day, or shows it. Whole days that are older are hidden and dropped at each shale collect, and what was hidden stays hidden.",
    )
    .option("--keep <duration>", 'how long, as in 400d, or "forever"')
    .addHelpText(
      "after",
      `
Examples:
  shale retention
  shale retention --keep 400d
  shale retention --keep forever`,
    )
    .action((options: RetentionArguments) => run((context) => runRetention(context, options)));
};

async function runRetention(
  context: CommandContext,
  { keep }: RetentionArguments,
): Promise<ExitCode> {
  const keepMs = keep === undefined ? undefined : keepMsOf(keep);
  const setting = await withProject(context, (project) =>
    keepMs === undefined ? project.retention() : project.setRetention(keepMs),
  );
  await writeAnswer(context, retentionDocumentOf(setting), () => retentionText(setting));
  return 0;
}

function keepMsOf(text: string): number | null {
  if (text === "forever") return null;
  const ms = parseSpan("--keep", text);
  if (ms >= 1) return ms;
  throw new ShaleError("USAGE", "Cannot keep events for 0 ms: give 1d or more, or forever");
}
