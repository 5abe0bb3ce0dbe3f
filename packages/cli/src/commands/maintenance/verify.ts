import type { VerificationReport } from "@shale/engine";
import { ShaleError } from "@shale/model";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { verificationText } from "../../render/maintenance/verification.ts";

interface VerifyArguments {
  readonly full?: boolean | undefined;
}

export const addVerifyCommand: AddCommand = (program, run) => {
  program
    .command("verify")
    .summary("check every object, checksum and invariant")
    .description(
      "Reads every object of the project and checks it against its checksums, its name, and what the catalog and the manifests say of it. Exits with 65 and a list when something is wrong. Changes nothing, and may run beside writers and compacters.",
    )
    .option("--full", "also decode every row: order, placement, counts, digests, repeats")
    .addHelpText(
      "after",
      `
docs/damage.md says what each code means and what to do.

Examples:
  shale verify
  shale verify --full --json`,
    )
    .action((options: VerifyArguments) => run((context) => runVerify(context, options)));
};

async function runVerify(
  context: CommandContext,
  { full = false }: VerifyArguments,
): Promise<ExitCode> {
  const { signal, onProgress, output } = context;
  const report = await damageAsReport(() =>
    withProject(context, (project) => project.verify({ full, signal, onProgress })),
  );
  await writeAnswer(context, report, () => verificationText(report, output.layout));
  return report.ok ? 0 : 65;
}

/** A catalog that cannot be read stands in the way of everything else: that is the finding. */
async function damageAsReport(
  verify: () => Promise<VerificationReport>,
): Promise<VerificationReport> {
  try {
    return await verify();
  } catch (error) {
    if (!(error instanceof ShaleError) || error.kind !== "corrupt") throw error;
    const code = error.code === "FORMAT_UNKNOWN" ? "FORMAT_UNKNOWN" : "OBJECT_CORRUPT";
    const object = damagedObjectOf(error);
    const findings = [{ code, object, message: error.message }] as const;
    return { ok: false, objects: 0, events: 0, findings, notes: [] };
  }
}

/** The key that an error of damage names; "" when it names none. */
export function damagedObjectOf({ details }: ShaleError): string {
  const key = details?.["key"];
  return typeof key === "string" ? key : "";
}
