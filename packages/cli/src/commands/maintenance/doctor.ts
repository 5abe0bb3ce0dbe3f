import type { Diagnosis } from "@shale/engine";
import { ShaleError } from "@shale/model";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { diagnosisText } from "../../render/maintenance/diagnosis.ts";
import { damagedObjectOf } from "./verify.ts";

export const addDoctorCommand: AddCommand = (program, run) => {
  program
    .command("doctor")
    .summary("what is stuck, and which command is next")
    .description(
      "Looks for what does not go on by itself: logs that cannot be read, silent writers, abandoned jobs, a long tail, many small files, deletes that wait, days that are no longer kept. Names the next command for each. Exits with 65 when something needs a person. Reads no rows; shale verify does.",
    )
    .addHelpText(
      "after",
      `
Examples:
  shale doctor
  shale doctor --json`,
    )
    .action(() => run(runDoctor));
};

async function runDoctor(context: CommandContext): Promise<ExitCode> {
  const { signal, output } = context;
  const diagnosis = await damageAsDiagnosis(() =>
    withProject(context, (project) => project.diagnose({ signal })),
  );
  await writeAnswer(context, diagnosis, () => diagnosisText(diagnosis, output.layout));
  return diagnosis.ok ? 0 : 65;
}

/** A catalog that cannot be read stands in the way of everything else: that is the finding. */
async function damageAsDiagnosis(diagnose: () => Promise<Diagnosis>): Promise<Diagnosis> {
  try {
    return await diagnose();
  } catch (error) {
    if (!(error instanceof ShaleError) || error.kind !== "corrupt") throw error;
    const object = damagedObjectOf(error) || "The catalog";
    const what = `${object} cannot be used: ${error.message}`;
    const next = "shale verify, then docs/damage.md";
    return { ok: false, findings: [{ code: "DAMAGE", what, next, needsPerson: true }] };
  }
}
