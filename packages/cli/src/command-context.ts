import type { Readable } from "node:stream";
import type { Project, Store, StoreOptions } from "@shale/engine";
import type { Clock } from "@shale/env";
import type { Command } from "commander";
import { parseRoot } from "./arguments/parse-root.ts";
import type { ExitCode } from "./render/error.ts";
import type { Output } from "./terminal/output.ts";
import type { ShownProgress } from "./terminal/progress-bar.ts";

/** The options that every command has. */
export interface GlobalOptions {
  readonly root: string;
  readonly projectId: string;
  readonly json: boolean;
  readonly verbose: boolean;
}

export type OpenStore = (options: StoreOptions) => Promise<Store>;

/** What a command runs in. */
export interface CommandContext {
  readonly globals: GlobalOptions;
  readonly clock: Clock;
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  /** The answer goes here, and nothing else. */
  readonly output: Output;
  /** Aborts on SIGINT. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ShownProgress) => void;
  /** False where a progress bar would be drawn nowhere. */
  readonly isProgressShown: boolean;
  /** Where a command may keep what makes its rerun shorter, outside of any store. */
  readonly cacheFolder: string;
  /** A line on standard error, for people. */
  note(text: string): Promise<void>;
  /** The same without the end of the line. */
  readonly ask: (question: string) => Promise<void>;
  readonly openStore: OpenStore;
}

/** Runs one command's work and keeps its exit code. */
export type RunCommand = (work: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

/** Adds one command to the program. */
export type AddCommand = (program: Command, run: RunCommand) => void;

/** The answer: with --json its document, else the text for people. */
export async function writeAnswer(
  { globals, output }: CommandContext,
  document: unknown,
  text: () => string,
): Promise<void> {
  await output.write(`${globals.json ? JSON.stringify(document) : text()}\n`);
}

/** Opens the store, calls, and closes it whatever happens. */
export async function withStore<T>(
  context: CommandContext,
  options: Omit<StoreOptions, "root">,
  call: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await context.openStore({ ...options, root: parseRoot(context.globals.root) });
  let result: T;
  try {
    result = await call(store);
  } catch (error) {
    await closeAfterFailure(context, store);
    throw error;
  }
  await store.close();
  return result;
}

/** The first failure is the one to report; a second one is only noted. */
async function closeAfterFailure(context: CommandContext, store: Store): Promise<void> {
  try {
    await store.close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await context.note(`The store could not be closed cleanly either: ${why}`);
  }
}

/** A project that must exist already. */
export function withProject<T>(
  context: CommandContext,
  call: (project: Project) => Promise<T>,
): Promise<T> {
  return withStore(context, {}, async (store) =>
    call(await store.project(context.globals.projectId, { create: "never" })),
  );
}
