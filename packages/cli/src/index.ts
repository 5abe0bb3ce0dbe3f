export type { OpenStore } from "./command-context.ts";
export type { RunCliOptions } from "./main.ts";
export { runCli } from "./main.ts";
export type { ExitCode } from "./render/error.ts";
export type { OutputStream } from "./terminal/output.ts";
