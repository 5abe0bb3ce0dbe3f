import type { Project, ReshardStatus } from "@shale/engine";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { reshardStatusLine, reshardStatusText } from "../../render/reshard/status.ts";

interface StatusArguments {
  readonly watch?: boolean | undefined;
}

const LOOK_MS = 1_000;

export const addReshardStatusCommand: AddCommand = (program, run) => {
  program
    .command("status")
    .summary("where the reshard stands, and what comes next")
    .description(
      "Shows where the reshard stands: state, specs, what is copied, how far the tail is behind, whether the validation is valid, what stopped the copying, and the commands that may run now.",
    )
    .option("--watch", "show it again and again until the operation ends; Ctrl-C leaves")
    .addHelpText(
      "after",
      `
With --watch a pipe gets a line for each change. With --json --watch those lines go to standard
error, and the document is printed once, at the end.

Examples:
  shale reshard status
  shale reshard status --watch
  shale reshard status --json`,
    )
    .action((options: StatusArguments) => run((context) => runStatus(context, options)));
};

async function runStatus(context: CommandContext, { watch }: StatusArguments): Promise<ExitCode> {
  const { output, signal, globals } = context;
  const shown = await withProject(context, (project) =>
    watch === true ? watchStatus(context, project) : project.reshard.status({ signal }),
  );
  if (watch !== true || globals.json) {
    await writeAnswer(context, shown, () => reshardStatusText(shown, output.layout));
  }
  return watch === true && signal.aborted ? 130 : 0;
}

/** Looks once a second; a wait that is interrupted ends it, and is no failure. */
async function watchStatus(
  context: CommandContext,
  { reshard }: Pick<Project, "reshard">,
): Promise<ReshardStatus> {
  const { clock, signal } = context;
  const show = createScreen(context);
  for (;;) {
    const status = await reshard.status();
    await show(status);
    if (status.state === "steady" || signal.aborted) return status;
    try {
      await clock.sleep(LOOK_MS, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      return status;
    }
  }
}

type Show = (status: ReshardStatus) => Promise<void>;

function createScreen({ output, globals, note, clock }: CommandContext): Show {
  let before: string | undefined;
  if (output.isTerminal && !globals.json) {
    return async (status) => {
      const text = reshardStatusText(status, output.layout);
      if (text === before) return;
      const lines = before?.split("\n").length ?? 0;
      before = text;
      await output.write(`${lines > 0 ? `\u001b[${lines}A\u001b[J` : ""}${text}\n`);
    };
  }
  return async (status) => {
    const line = reshardStatusLine(status);
    if (line === before) return;
    before = line;
    const at = new Date(clock.nowMs()).toISOString();
    if (globals.json) await note(`${at}  ${line}`);
    else await output.write(`${at}  ${line}\n`);
  };
}
