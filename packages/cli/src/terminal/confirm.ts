import type { Readable } from "node:stream";

/** One answer typed on a terminal: true for y or yes, whatever the case. */
export async function readConfirmation(
  stdin: Readable,
  ask: (question: string) => Promise<void>,
  question: string,
): Promise<boolean> {
  await ask(`${question} [y/N] `);
  let typed = "";
  for await (const chunk of stdin) {
    typed += String(chunk);
    if (typed.includes("\n")) break;
  }
  return /^\s*y(es)?\s*$/i.test(typed.split("\n")[0] ?? "");
}
