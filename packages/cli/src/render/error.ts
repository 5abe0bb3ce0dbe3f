import type { ErrorKind } from "@shale/model";
import { ShaleError, unreachable } from "@shale/model";
import type { Palette } from "./palette.ts";
import { visibleText } from "./text.ts";

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

/** Code, what failed and why, where, and what to do; with `stack` also where in the code. */
export function errorText(
  error: unknown,
  { palette, stack }: { readonly palette: Palette; readonly stack: "shown" | "hidden" },
): string {
  const { code, message, hint, path } = errorDocumentOf(error).error;
  const lines = [`${palette.failure(code)}: ${visibleText(message)}`];
  if (path !== undefined) lines.push(`  at:   ${visibleText(path)}`);
  for (const cause of causesOf(error)) {
    if (!message.includes(cause.message)) lines.push(`  why:  ${visibleText(cause.message)}`);
  }
  lines.push(`  hint: ${hint}`);
  if (stack === "shown" && error instanceof Error) {
    for (const one of [error, ...causesOf(error)]) lines.push(palette.faint(one.stack ?? ""));
  }
  return lines.join("\n");
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
