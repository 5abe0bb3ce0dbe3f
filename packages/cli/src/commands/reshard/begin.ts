import { Option } from "commander";
import { wholeNumberOf } from "../../arguments/parse-number.ts";
import { parseSpan } from "../../arguments/parse-span.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { begunText } from "../../render/reshard/steps.ts";

interface BeginArguments {
  readonly numDataShards: number;
  readonly strategy?: "tee" | "chunked" | undefined;
  readonly horizonDays?: number | undefined;
  readonly retention?: string | undefined;
  readonly operationId?: string | undefined;
}

export const addBeginCommand: AddCommand = (program, run) => {
  program
    .command("begin")
    .summary("list a new spec and, with tee, begin to feed it")
    .description(
      "Begins to change the number of shards. With tee the tail feeds both specs from a cut on, which is taken now; with chunked only history older than the horizon is copied first, and the cut comes at its end. No append, flush or query waits.",
    )
    .requiredOption(
      "--num-data-shards <M>",
      "shards that the project is to have",
      wholeNumberOf("--num-data-shards", 1),
    )
    .addOption(
      new Option(
        "--strategy <name>",
        "feed both specs at once, or copy history first (default tee)",
      ).choices(["tee", "chunked"]),
    )
    .option(
      "--horizon-days <days>",
      "with chunked: days that wait for the cut (default 7)",
      wholeNumberOf("--horizon-days", 0),
    )
    .option(
      "--retention <duration>",
      "how long a rollback stays possible after finalize (default 10d)",
    )
    .option("--operation-id <id>", "a name of your own; the same again is the same operation")
    .addHelpText(
      "after",
      `
Examples:
  shale reshard begin --num-data-shards=32
  shale reshard begin --num-data-shards=32 --retention=3d --operation-id=grow-1
  shale reshard begin --num-data-shards=800 --strategy=chunked --horizon-days=14`,
    )
    .action((options: BeginArguments) => run((context) => runBegin(context, options)));
};

async function runBegin(context: CommandContext, options: BeginArguments): Promise<ExitCode> {
  const { numDataShards: shards, strategy, horizonDays, operationId } = options;
  const retention =
    options.retention === undefined ? undefined : parseSpan("--retention", options.retention);
  if (horizonDays !== undefined && strategy !== "chunked") {
    await context.note("--horizon-days is for --strategy=chunked and changes nothing here");
  }
  const { signal, output } = context;
  const begun = await withProject(context, (project) =>
    project.reshard.begin({ shards, strategy, horizonDays, retention, operationId, signal }),
  );
  await writeAnswer(context, begun, () => begunText(begun, output.layout));
  return 0;
}
