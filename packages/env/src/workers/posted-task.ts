import type { PostedError } from "./task-error.ts";

/** From the pool to a worker: one task at a time. */
export interface PostedTask {
  readonly name: string;
  readonly input: unknown;
}
/** From the worker back, once for each task. */
export type PostedReply = { readonly output: unknown } | { readonly error: PostedError };
