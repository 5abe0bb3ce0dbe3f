import type { LogFields, Logger } from "../logger.ts";

const levels = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof levels)[number];

/** Writes `level message {fields}` to the standard error, from `levelMin` upward. */
export function consoleLogger(levelMin: LogLevel = "info"): Logger {
  function at(level: LogLevel): (message: string, fields?: LogFields) => void {
    if (levels.indexOf(level) < levels.indexOf(levelMin)) return () => {};
    return (message, fields) => {
      const tail = fields === undefined ? "" : ` ${JSON.stringify(fields, shown)}`;
      process.stderr.write(`${level} ${message}${tail}\n`);
    };
  }
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}

/** JSON leaves out what an error says, and refuses bigints. */
function shown(_name: string, value: unknown): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === "bigint" ? value.toString() : value;
}
