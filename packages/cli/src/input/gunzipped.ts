import { createGunzip } from "node:zlib";
import { ShaleError } from "@shale/model";

const MAGIC = [0x1f, 0x8b] as const;

/**
 * The bytes of a stream, unpacked when they begin as gzip does, whatever the name says. Everything
 * that could be unpacked is yielded before the error.
 *
 * @throws {ShaleError} INPUT_TRUNCATED when the gzip stream ends early, INPUT_CORRUPT when it is
 * damaged.
 */
export async function* gunzipped(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    const { start, ended } = await readStart(iterator);
    const rest = { [Symbol.asyncIterator]: () => iterator };
    if (start[0] === MAGIC[0] && start[1] === MAGIC[1]) yield* unpacked(start, rest, source);
    else {
      if (start.length > 0) yield start;
      if (!ended) yield* rest;
    }
  } finally {
    await iterator.return?.();
  }
}

/** The first chunks until two bytes are there. */
async function readStart(
  iterator: AsyncIterator<Uint8Array>,
): Promise<{ readonly start: Uint8Array; readonly ended: boolean }> {
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < MAGIC.length) {
    const next = await iterator.next();
    if (next.done === true) return { start, ended: true };
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return { start, ended: false };
}

/**
 * Drives zlib by hand: a stream that fails throws away what it has buffered, and the lines before
 * the damage are to be kept.
 */
async function* unpacked(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  source: string,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const ready: Uint8Array[] = [];
  let failure: Error | undefined;
  gunzip.on("data", (chunk: Uint8Array) => ready.push(chunk));
  gunzip.on("error", (error) => {
    failure ??= error;
  });
  // A failed zlib stream closes without calling back the write that it was at.
  const closed = new Promise<void>((resolve) => gunzip.once("close", resolve));
  const push = (chunk: Uint8Array): Promise<void> =>
    Promise.race([closed, new Promise<void>((resolve) => gunzip.write(chunk, () => resolve()))]);
  const finish = (): Promise<void> => {
    gunzip.end();
    return closed;
  };
  try {
    await push(start);
    yield* ready.splice(0);
    for await (const chunk of rest) {
      if (failure !== undefined) break;
      await push(chunk);
      yield* ready.splice(0);
    }
    if (failure === undefined) await finish();
    yield* ready.splice(0);
    if (failure !== undefined) throw inputError(failure, source);
  } finally {
    gunzip.destroy();
  }
}

function inputError(failure: Error, source: string): ShaleError {
  const isShort = "code" in failure && failure.code === "Z_BUF_ERROR";
  return isShort
    ? new ShaleError(
        "INPUT_TRUNCATED",
        `Cannot read all of ${JSON.stringify(source)}: its gzip stream ends too early`,
        { cause: failure, details: { file: source } },
      )
    : new ShaleError(
        "INPUT_CORRUPT",
        `Cannot read all of ${JSON.stringify(source)}: its gzip stream is damaged`,
        { cause: failure, details: { file: source } },
      );
}
