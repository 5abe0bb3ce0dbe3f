import { ShaleError } from "@shale/model";
import type { Output } from "./output.ts";

/** @throws {ShaleError} USAGE where the bytes would go to a terminal. */
export function checkBinaryOutput({ isTerminal }: Output, what: string): void {
  if (!isTerminal) return;
  throw new ShaleError(
    "USAGE",
    `Cannot print ${what} on a terminal: send standard output to a file or another program`,
  );
}
