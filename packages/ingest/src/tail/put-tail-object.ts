import { tailKey } from "@shale/catalog";
import type { CallOptions, Env } from "@shale/env";
import type { TailHeader, TailObject } from "@shale/format";
import { encodeTailObject } from "@shale/format";
import type { ErrorCode, ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { readTailHeader } from "./read-tail-end.ts";

/** One tail object as bytes, encoded once: every attempt sends the same (W3). */
export interface EncodedTailObject {
  readonly project: ProjectId;
  readonly header: TailHeader;
  readonly bytes: Uint8Array;
}

export function encodedTailObjectOf(project: ProjectId, object: TailObject): EncodedTailObject {
  const { batch: _batch, ...header } = object;
  return { project, header, bytes: encodeTailObject(object) };
}

/** With these codes a store says that a write has not taken effect. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  "PERMISSION_DENIED",
  "DISK_FULL",
  "STORE_READ_ONLY",
]);

/** True when the store has said that the write did not and will not take effect. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ShaleError && refusals.has(error.code);
}

/**
 * Creates the object under its number, if nothing stands there (W3).
 *
 * @returns What stands there now: it is one's own if, and only if, it carries the own nonce.
 * @throws {ShaleError} a refusal of the store; STORE_UNAVAILABLE: it may have been written, or may
 *   still be, and only the same bytes may be sent again
 */
export async function putTailObject(
  env: Env,
  object: EncodedTailObject,
  options: CallOptions = {},
): Promise<TailHeader> {
  const { project, header, bytes } = object;
  const key = tailKey(project, header.writer, header.n);
  const place = { project, writer: header.writer };
  while (true) {
    let failure: unknown;
    try {
      const outcome = await env.store.put(key, bytes, { ifAbsent: true }, options);
      if (outcome.written) return header;
    } catch (error) {
      if (isRefusal(error)) throw error;
      failure = error;
    }
    const found = await readTailHeader(env, place, header.n, options);
    if (found !== undefined) return found;
    // Nothing there after a lost reply: the caller decides when to send it again. Nothing there
    // after "exists": it was collected in between, and the number is free again.
    if (failure !== undefined) throw failure;
  }
}
