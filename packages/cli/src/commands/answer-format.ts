import { arrowStreamBytes, toArrow } from "@shale/arrow";
import type { Answer } from "@shale/model";
import { ShaleError } from "@shale/model";
import { Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { answerText } from "../render/answers/answer.ts";
import { csvText, flatRowsOf, ndjsonText } from "../render/flat-rows.ts";
import { checkBinaryOutput } from "../terminal/binary-output.ts";

const formats = ["table", "json", "ndjson", "csv", "arrow"] as const;
export type AnswerFormat = (typeof formats)[number];

export function formatOption(): Option {
  return new Option("--format <format>", "how to print the answer (default table)").choices(
    formats,
  );
}

/** Called before anything is asked. @throws {ShaleError} USAGE where the choice does not fit */
export function formatOf(
  format: AnswerFormat | undefined,
  { globals, output }: CommandContext,
): AnswerFormat {
  if (globals.json && format !== undefined && format !== "json") {
    throw new ShaleError("USAGE", `Cannot use --json together with --format ${format}`);
  }
  if (format === "arrow") checkBinaryOutput(output, "an Arrow stream");
  return globals.json ? "json" : (format ?? "table");
}

/** The heading is for people only. */
export function formatted(
  answer: Answer,
  { format, heading }: { readonly format: AnswerFormat; readonly heading?: string | undefined },
  { output }: CommandContext,
): string | Uint8Array {
  switch (format) {
    case "table":
      return `${answerText(answer, heading, output.layout)}\n`;
    case "json":
      return `${JSON.stringify(answer)}\n`;
    case "ndjson":
      return ndjsonText(flatRowsOf(answer));
    case "csv":
      return csvText(flatRowsOf(answer));
    case "arrow":
      return arrowStreamBytes(toArrow(answer));
  }
}
