import type { LogFields, Logger } from "@shale/env";
import { silentLogger } from "@shale/env";
import { ShaleError } from "@shale/model";
import { visibleText } from "../render/text.ts";

/** An error by its code and message, which JSON would leave out. */
function valueText(value: unknown): string {
  if (value instanceof ShaleError) return `${value.code}: ${value.message}`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "string" || typeof value === "bigint") return String(value);
  return JSON.stringify(value) ?? "undefined";
}

/** Warnings and errors always, everything else with --verbose, one line each. */
export function terminalLogger(
  write: (line: string) => void,
  { level }: { readonly level: "warnings" | "everything" },
): Logger {
  const lineOf =
    (name: string) =>
    (message: string, fields?: LogFields): void => {
      const facts = Object.entries(fields ?? {}).map(
        ([key, value]) => `${key}=${valueText(value)}`,
      );
      write(visibleText([`${name}: ${message}`, ...facts].join("  ")));
    };
  const loud = { warn: lineOf("warning"), error: lineOf("error") };
  if (level === "warnings") return { ...silentLogger, ...loud };
  return { trace: lineOf("trace"), debug: lineOf("debug"), info: lineOf("info"), ...loud };
}
