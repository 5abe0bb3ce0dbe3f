import { setMaxListeners } from "node:events";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { openStore } from "@shale/engine";
import type { Clock } from "@shale/env";
import { systemClock } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { Command } from "commander";
import { CommanderError } from "commander";
import type { CommandContext, GlobalOptions, OpenStore, RunCommand } from "./command-context.ts";
import { isNotBuilt } from "./not-built.ts";
import { buildProgram } from "./program.ts";
import type { ExitCode } from "./render/error.ts";
import { errorDocumentOf, errorText, exitCodeOf, hangingLines } from "./render/error.ts";
import type { Output, OutputStream } from "./terminal/output.ts";
import { isPipeClosed, openOutput } from "./terminal/output.ts";
import type { ProgressBar } from "./terminal/progress-bar.ts";
import { openProgressBar } from "./terminal/progress-bar.ts";
import { terminalLogger } from "./terminal/terminal-logger.ts";

export interface RunCliOptions {
  /** Arguments after the name of the command: `["segment", "purchase"]`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Abort it to stop cleanly; the exit code is then 130. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  readonly openStore?: OpenStore | undefined;
}

interface Screen {
  readonly output: Output;
  readonly errors: Output;
  readonly bar: ProgressBar;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Runs one command and resolves to its exit code; never rejects. Nothing here touches the process:
 * not its streams, not its signals, not its exit code.
 */
export async function runCli(options: RunCliOptions): Promise<ExitCode> {
  const screen = openScreen(options);
  // Without a listener, a closed pipe would end the process before the write's own callback.
  const ignore = (): void => {};
  options.stdout.on("error", ignore);
  options.stderr.on("error", ignore);
  try {
    return await runProgram(options, screen);
  } catch (error) {
    return await reportFailure(error, screen);
  } finally {
    screen.bar.clear();
    options.stdout.off("error", ignore);
    options.stderr.off("error", ignore);
  }
}

/** What must be known before the arguments are read, since reading them may fail. */
function openScreen({ argv, env, stdout, stderr, clock }: RunCliOptions): Screen {
  const end = argv.indexOf("--");
  const flags = new Set(end < 0 ? argv : argv.slice(0, end));
  const settings = { env, colour: !flags.has("--no-color") };
  const errors = openOutput(stderr, settings);
  return {
    output: openOutput(stdout, settings),
    errors,
    bar: openProgressBar(clock ?? systemClock(), stderr, errors),
    json: flags.has("--json"),
    verbose: flags.has("--verbose"),
  };
}

async function runProgram(options: RunCliOptions, screen: Screen): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const shown = { out: "", err: "" };
  const run: RunCommand = async (work) => {
    const { root, projectId } = program.opts<Pick<GlobalOptions, "root" | "projectId">>();
    const { json, verbose } = screen;
    exitCode = await work(contextOf(options, screen, { root, projectId, json, verbose }));
  };
  const program = buildProgram({
    version: readVersion(),
    env: options.env,
    width: screen.output.layout.width,
    writeOut: (text) => {
      shown.out += text;
    },
    writeErr: (text) => {
      shown.err += text;
    },
    run,
  });
  try {
    await program.parseAsync(options.argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!screen.json && error.code === "commander.help")
      await screen.errors.write(`${shown.err}\n`);
    await writeShown(usageOutcome(error, program, shown), screen);
  }
  return exitCode;
}

/** Help and version are answers; everything else that commander throws is wrong usage. */
function usageOutcome(
  error: CommanderError,
  program: Command,
  shown: { readonly out: string },
): { readonly name: "help" | "version"; readonly text: string } {
  const name = program.args.find((argument) => argument !== "help");
  const isCommand = program.commands.some((command) => command.name() === name);
  if (error.code === "commander.version") return { name: "version", text: shown.out };
  if (!isCommand && isNotBuilt(name)) {
    throw new ShaleError("NOT_BUILT", `Cannot run shale ${name}: it is not built in this version`);
  }
  if (error.exitCode === 0) return { name: "help", text: shown.out };
  if (error.code === "commander.help") {
    throw new ShaleError(
      "USAGE",
      `Cannot run shale ${program.args.join(" ")}: a command is missing`,
    );
  }
  const message = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  throw new ShaleError("USAGE", `Cannot read the arguments: ${message}`);
}

async function writeShown(
  { name, text }: { readonly name: "help" | "version"; readonly text: string },
  { output, json }: Screen,
): Promise<void> {
  await output.write(json ? `${JSON.stringify({ [name]: text.trim() })}\n` : text);
}

function contextOf(
  options: RunCliOptions,
  { output, errors, bar }: Screen,
  globals: GlobalOptions,
): CommandContext {
  const open = options.openStore ?? openStore;
  const signal = options.signal ?? new AbortController().signal;
  setMaxListeners(0, signal); // Reads of many files at once listen, which Node takes for a leak.
  const writeLine = (line: string): void => {
    bar.clear();
    options.stderr.write(`${line}\n`);
  };
  const logger = terminalLogger(writeLine, { level: globals.verbose ? "everything" : "warnings" });
  return {
    globals,
    clock: options.clock ?? systemClock(),
    stdin: options.stdin,
    output: {
      ...output,
      write: (chunk) => {
        bar.clear();
        return output.write(chunk);
      },
    },
    signal,
    onProgress: bar.update,
    isProgressShown: errors.isTerminal,
    cacheFolder: cacheFolderOf(options.env),
    note: (text) => {
      bar.clear();
      return errors.write(noteText(text, errors));
    },
    ask: (question) => errors.write(question),
    openStore: (storeOptions) => open({ logger, ...storeOptions }),
  };
}

/** As the XDG Base Directory Specification has it. */
function cacheFolderOf(env: RunCliOptions["env"]): string {
  const home = env["HOME"] ? join(env["HOME"], ".cache") : tmpdir();
  return join(env["XDG_CACHE_HOME"] || home, "shale");
}

function noteText(text: string, { layout, isTerminal }: Output): string {
  const width = isTerminal ? layout.width : null;
  const lines = hangingLines("note: ", text, { width, indent: 6 }).join("\n");
  return `${lines.replace("note:", layout.palette.warning("note:"))}\n`;
}

async function reportFailure(error: unknown, screen: Screen): Promise<ExitCode> {
  if (isPipeClosed(error)) return 0;
  const { output, errors, json, verbose } = screen;
  screen.bar.clear();
  try {
    const { palette } = errors.layout;
    const width = errors.isTerminal ? errors.layout.width : null;
    if (json) await output.write(`${JSON.stringify(errorDocumentOf(error))}\n`);
    if (!json || verbose) {
      const text = errorText(error, { palette, width, stack: verbose ? "shown" : "hidden" });
      await errors.write(`${text}\n`);
    }
  } catch (failure) {
    if (!isPipeClosed(failure)) throw failure;
  }
  return exitCodeOf(error);
}

function readVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)("../package.json");
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest
      ? manifest.version
      : undefined;
  return String(version);
}
