import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gunzipped } from "./gunzipped.ts";

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}

async function readAll(bytes: Uint8Array, size: number): Promise<{ text: string; code: unknown }> {
  const parts: Uint8Array[] = [];
  let code: unknown;
  try {
    for await (const part of gunzipped(chunks(bytes, size), "f")) parts.push(part);
  } catch (error) {
    code = (error as { code: unknown }).code;
  }
  return { text: Buffer.concat(parts).toString("latin1"), code };
}

const lines = Array.from({ length: 5_000 }, (_, n) => `{"n":${n},"x":${(n * n) % 977}}\n`).join("");

test("plain bytes pass, also none and a single one", async () => {
  for (const text of ["", "{", "{}\n", lines]) {
    expect(await readAll(Buffer.from(text), 1_000)).toEqual({ text, code: undefined });
  }
});

test("gzip is known by its first bytes, however the chunks fall", async () => {
  for (const size of [1, 2, 7, 65_536]) {
    const text = lines.slice(0, size < 10 ? 1_000 : lines.length);
    expect(await readAll(gzipSync(text), size)).toEqual({ text, code: undefined });
  }
});

test("several gzip members are one text", async () => {
  const packed = Buffer.concat([gzipSync("a\n"), gzipSync("b\n"), gzipSync("")]);
  expect(await readAll(packed, 5)).toEqual({ text: "a\nb\n", code: undefined });
});

test("a truncated gzip yields what came before, then INPUT_TRUNCATED", async () => {
  const packed = gzipSync(lines);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: packed.length - 1 }),
      fc.constantFrom(100, 4_096, 65_536),
      async (length, size) => {
        const { text, code } = await readAll(packed.subarray(0, length), size);
        expect(code).toBe("INPUT_TRUNCATED");
        expect(lines.startsWith(text)).toBe(true);
        if (length > packed.length * 0.75) expect(text.length).toBeGreaterThan(lines.length / 2);
      },
    ),
    { numRuns: 60 },
  );
});

test("a damaged gzip yields what came before, then INPUT_CORRUPT", async () => {
  const packed = Buffer.from(gzipSync(lines));
  packed.fill(0xff, packed.length - 2_000, packed.length - 1_000);
  const { text, code } = await readAll(packed, 512);
  expect(code).toBe("INPUT_CORRUPT");
  expect(lines.startsWith(text.slice(0, 20_000))).toBe(true);
  expect(text.length).toBeGreaterThan(20_000);
});

test("the source is closed when the reader leaves early", async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      while (true) yield Buffer.from("line\n");
    } finally {
      closed = true;
    }
  }
  for await (const part of gunzipped(source(), "f")) {
    if (part.length > 0) break;
  }
  expect(closed).toBe(true);
});
