import type { ErrorCode } from "@shale/model";
import { InvariantError, ShaleError } from "@shale/model";

/**
 * An error as it crosses a thread: the structured clone of an Error keeps its message and loses its
 * class, its code and everything else by which a caller tells one error from another.
 */
export type PostedError =
  | {
      readonly kind: "shale";
      readonly code: ErrorCode;
      readonly message: string;
      readonly path: string | undefined;
      readonly details: Readonly<Record<string, unknown>> | undefined;
      readonly hint: string;
      readonly stack: string | undefined;
      readonly cause: PostedError | undefined;
    }
  | {
      readonly kind: "invariant" | "other";
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly cause: PostedError | undefined;
    };

export function postedErrorOf(error: unknown): PostedError {
  if (!(error instanceof Error)) {
    const message = String(error);
    return { kind: "other", name: "Error", message, stack: undefined, cause: undefined };
  }
  const { name, message, stack } = error;
  const cause = error.cause === undefined ? undefined : postedErrorOf(error.cause);
  if (error instanceof ShaleError) {
    const { code, path, details, hint } = error;
    return { kind: "shale", code, message, path, details, hint, stack, cause };
  }
  return {
    kind: error instanceof InvariantError ? "invariant" : "other",
    name,
    message,
    stack,
    cause,
  };
}

/** The error again, with the stack of the thread where it was thrown. */
export function errorOfPosted(posted: PostedError): Error {
  const options = posted.cause === undefined ? {} : { cause: errorOfPosted(posted.cause) };
  const error = bareErrorOf(posted, options);
  if (posted.stack !== undefined) error.stack = posted.stack;
  return error;
}

function bareErrorOf(posted: PostedError, options: ErrorOptions): Error {
  if (posted.kind === "shale") {
    const { code, message, path, details, hint } = posted;
    return new ShaleError(code, message, { ...options, path, details, hint });
  }
  if (posted.kind === "invariant") return new InvariantError(posted.message, options);
  const error = new Error(posted.message, options);
  error.name = posted.name;
  return error;
}
