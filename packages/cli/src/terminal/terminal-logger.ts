import type { LogFields, Logger } from "@shale/env";
import { silentLogger } from "@shale/env";

/** Warnings and errors always, everything else with --verbose, one line each. */
export function terminalLogger(
  write: (line: string) => void,
  { level }: { readonly level: "warnings" | "everything" },
): Logger {
  const lineOf =
    (name: string) =>
    (message: string, fields?: LogFields): void => {
      const facts = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
      write(`${name}: ${message}${facts}`);
    };
  const loud = { warn: lineOf("warning"), error: lineOf("error") };
  if (level === "warnings") return { ...silentLogger, ...loud };
  return { trace: lineOf("trace"), debug: lineOf("debug"), info: lineOf("info"), ...loud };
}
