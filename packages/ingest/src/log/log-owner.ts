import type { ProcessIdentity } from "@shale/env";

/** What the `owner` marker of a log says: who writes it, and under which mark of this opening. */
export interface LogOwner {
  readonly process: ProcessIdentity;
  readonly nonce: string;
}

export function encodeOwner({ process, nonce }: LogOwner): Uint8Array {
  const { host, pid, started } = process;
  return new TextEncoder().encode(`${JSON.stringify({ host, pid, started, nonce })}\n`);
}

/** undefined when the marker is not one: then the catalog says whose log it is. */
export function decodeOwner(bytes: Uint8Array): LogOwner | undefined {
  const value = parsedJson(new TextDecoder().decode(bytes));
  if (typeof value !== "object" || value === null) return undefined;
  const { host, pid, started, nonce } = value as Record<string, unknown>;
  if (typeof host !== "string" || typeof pid !== "number") return undefined;
  if (typeof started !== "string" || typeof nonce !== "string") return undefined;
  return { process: { host, pid, started }, nonce };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
