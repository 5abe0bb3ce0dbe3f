import type { ErrorKind } from "@shale/model";
import { ShaleError, unreachable } from "@shale/model";
import type { Palette } from "./palette.ts";
import { visibleText, widthOf } from "./text.ts";

export type ExitCode = 0 | 64 | 65 | 69 | 70 | 75 | 78 | 130;

/** `--json`: what stands on standard output instead of an answer. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly kind: ErrorKind | "bug";
    readonly message: string;
    readonly hint: string;
    readonly retryable: boolean;
    readonly path?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof ShaleError ? exitCodeOfKind(error.kind) : 70;
}

function exitCodeOfKind(kind: ErrorKind): ExitCode {
  switch (kind) {
    case "invalid":
      return 64;
    case "corrupt":
      return 65;
    case "unavailable":
      return 69;
    case "conflict":
    case "closed":
      return 75; // EX_TEMPFAIL: a rerun, or another command first, may succeed.
    case "configuration":
      return 78;
    case "cancelled":
      return 130;
    default:
      return unreachable(kind);
  }
}

export function errorDocumentOf(error: unknown): ErrorDocument {
  if (error instanceof ShaleError) {
    const { code, kind, message, hint, retryable, path, details } = error;
    return {
      error: {
        code,
        kind,
        message,
        hint,
        retryable,
        ...(path === undefined ? {} : { path }),
        ...(details === undefined ? {} : { details }),
      },
    };
  }
  return {
    error: {
      code: "BUG",
      kind: "bug",
      message: error instanceof Error ? error.message : String(error),
      hint: "This is a bug in Shale: run it again with --verbose and report what it prints",
      retryable: false,
    },
  };
}

export interface ErrorLayout {
  readonly palette: Palette;
  readonly stack: "shown" | "hidden";
  /** Cells of a line on a terminal; null leaves lines whole, for logs and grep. */
  readonly width: number | null;
}

/** Code, what failed and why, where, and what to do; with `stack` also where in the code. */
export function errorText(error: unknown, { palette, stack, width }: ErrorLayout): string {
  const { code, message, hint, path } = errorDocumentOf(error).error;
  const facts: [string, string][] = [];
  if (path !== undefined && path !== "") facts.push(["at", path]);
  for (const cause of causesOf(error)) {
    if (!message.includes(cause.message)) facts.push(["why", cause.message]);
  }
  facts.push(["hint", hint]);
  const start = `${code}: `;
  const lines = hangingLines(start, message, { width, indent: 8 });
  const first = (lines[0] ?? "").replace(start, `${palette.failure(code)}: `);
  const rest = facts.flatMap(([name, text]) =>
    hangingLines(`  ${name}: `.padEnd(8), text, { width, indent: 8 }),
  );
  const traces =
    stack === "shown" && error instanceof Error
      ? [error, ...causesOf(error)].map((one) => palette.faint(one.stack ?? ""))
      : [];
  return [first, ...lines.slice(1), ...rest, ...traces].join("\n");
}

/** The text behind its start, wrapped where there is a width, further lines indented. */
export function hangingLines(
  start: string,
  text: string,
  { width, indent }: { readonly width: number | null; readonly indent: number },
): string[] {
  if (width === null) return [start + visibleText(text)];
  const lines: string[] = [];
  let line = start;
  let isEmpty = true;
  for (const word of visibleText(text).split(" ")) {
    const longer = isEmpty ? line + word : `${line} ${word}`;
    if (isEmpty || widthOf(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = " ".repeat(indent) + word;
    }
    isEmpty = false;
  }
  return [...lines, line];
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause instanceof Error && causes.length < 5) {
    causes.push(cause);
    cause = cause.cause;
  }
  return causes;
}
