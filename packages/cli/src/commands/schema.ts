import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject, writeAnswer } from "../command-context.ts";
import type { ExitCode } from "../render/error.ts";
import { schemaText } from "../render/schema.ts";

export const addSchemaCommand: AddCommand = (program, run) => {
  program
    .command("schema")
    .summary("event names, properties, types, counts, days")
    .description(
      "Lists every event name with its count and days, and every property with its types.",
    )
    .addHelpText(
      "after",
      `
Examples:
  shale schema
  shale schema --project-id web --json`,
    )
    .action(() => run(runSchema));
};

async function runSchema(context: CommandContext): Promise<ExitCode> {
  const schema = await withProject(context, (project) => project.schema());
  await writeAnswer(context, schema, () => schemaText(schema, context.output.layout));
  return 0;
}
