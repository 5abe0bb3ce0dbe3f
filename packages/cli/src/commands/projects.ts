import type { AddCommand, CommandContext } from "../command-context.ts";
import { withStore, writeAnswer } from "../command-context.ts";
import type { ExitCode } from "../render/error.ts";

export const addProjectsCommand: AddCommand = (program, run) => {
  program
    .command("projects")
    .summary("the projects of a store")
    .description("Lists the projects of the store, sorted, one a line.")
    .addHelpText(
      "after",
      `
Examples:
  shale projects
  shale projects --root /var/lib/shale --json`,
    )
    .action(() => run(runProjects));
};

async function runProjects(context: CommandContext): Promise<ExitCode> {
  const projects = await withStore(context, {}, (store) => store.projects());
  await writeAnswer(context, { projects }, () =>
    projects.length === 0 ? "no projects" : projects.join("\n"),
  );
  return 0;
}
