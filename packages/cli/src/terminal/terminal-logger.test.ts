import { ShaleError } from "@shale/model";
import { expect, test } from "vitest";
import { terminalLogger } from "./terminal-logger.ts";

test("warnings show their facts, and the message of a cause", () => {
  const lines: string[] = [];
  const logger = terminalLogger((line) => lines.push(line), { level: "warnings" });
  const cause = new ShaleError("WAL_CORRUPT", "Cannot read the log\nat all");
  logger.info("took over a log", { writer: 1 });
  logger.warn("cannot take over a log", { writer: 2, bytes: 10n, cause, found: undefined });
  logger.error("it broke");
  expect(lines).toEqual([
    "warning: cannot take over a log  writer=2  bytes=10  cause=WAL_CORRUPT: Cannot read the log\\nat all  found=undefined",
    "error: it broke",
  ]);
});

test("--verbose shows everything", () => {
  const lines: string[] = [];
  const logger = terminalLogger((line) => lines.push(line), { level: "everything" });
  logger.trace("a");
  logger.debug("b", { n: 1 });
  logger.info("c");
  expect(lines).toEqual(["trace: a", "debug: b  n=1", "info: c"]);
});
