import { expect, test } from "vitest";
import { inlineWorkers } from "./inline-workers.ts";

test("a transferred buffer is empty afterwards, as it would be with threads", async () => {
  const workers = inlineWorkers({
    size: (input: Uint8Array) => ({ output: input.length }),
  });
  const bytes = new Uint8Array(10);
  const transfer = [bytes.buffer as ArrayBuffer];
  expect(await workers.run<number>({ name: "size", input: bytes, transfer })).toBe(10);
  expect(bytes.length).toBe(0);
});
