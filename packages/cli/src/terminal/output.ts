import type { Writable } from "node:stream";
import type { Palette } from "../render/palette.ts";
import { paletteOf } from "../render/palette.ts";
import type { Layout } from "../render/table.ts";

/** A stream to write to; a terminal says so and how wide it is. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

export interface OutputSettings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False after --no-color. */
  readonly colour: boolean;
}

export interface Output {
  readonly layout: Layout;
  readonly isTerminal: boolean;
  /** Resolves when the stream has taken it. */
  write(chunk: string | Uint8Array): Promise<void>;
}

const WIDTH_DEFAULT = 80;
const WIDTH_MIN = 20;

function isColoured(stream: OutputStream, { env, colour }: OutputSettings): boolean {
  if (!colour || (env["NO_COLOR"] ?? "") !== "") return false;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

function widthOfStream(stream: OutputStream, env: OutputSettings["env"]): number {
  const wanted = stream.columns ?? Number.parseInt(env["COLUMNS"] ?? "", 10);
  return Number.isInteger(wanted) && wanted > 0 ? Math.max(WIDTH_MIN, wanted) : WIDTH_DEFAULT;
}

export function openOutput(stream: OutputStream, settings: OutputSettings): Output {
  const palette: Palette = paletteOf({ colour: isColoured(stream, settings) });
  return {
    layout: { width: widthOfStream(stream, settings.env), palette },
    isTerminal: stream.isTTY === true,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}

/** The reader of our output has gone, as `head` does: nothing is wrong. */
export function isPipeClosed(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
}
