import type { Env } from "@shale/env";
import { memoryStore } from "@shale/env";
import { projectId, writerOrdinal } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { envOver } from "../test/log-chain.ts";
import { loadCatalog } from "./open-catalog.ts";
import { createProject } from "./projects.ts";
import { forgetWriter, registerWriter } from "./writers.ts";

const shop = projectId("shop");
const nonce = "000102030405060708090a0b0c0d0e0f";

async function shopEnv(): Promise<Env> {
  const env = envOver(memoryStore(), 1);
  await createProject(env, { project: shop, shards: 8 });
  return env;
}

test("registerWriter() hands out 1, 2, 3, … with the process that asks", async () => {
  const env = await shopEnv();
  const first = await registerWriter(env, shop);
  const second = await registerWriter(env, shop);
  expect([first.ordinal, second.ordinal]).toEqual([1, 2]);
  expect(second.catalog.writers.map(({ ordinal }) => ordinal)).toEqual([1, 2]);
  expect(second.catalog.writers[0]?.process).toEqual(env.processes.self);
  expect(second.catalog.nextOrdinal).toBe(3);
});

test("registerWriter() with the same nonce is one registration", async () => {
  const env = await shopEnv();
  const first = await registerWriter(env, shop, { nonce });
  const again = await registerWriter(env, shop, { nonce });
  expect(again.ordinal).toBe(first.ordinal);
  expect(again.catalog.version).toBe(first.catalog.version);
});

test("registerWriter() gives 30 processes that start at once 30 ordinals", async () => {
  const env = simulatedEnv({ seed: 3 });
  await createProject(env, { project: shop, shards: 8 });
  const writers = await Promise.all(
    Array.from({ length: 30 }, () => registerWriter(env.startProcess(), shop)),
  );
  const ordinals = writers.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
  expect(ordinals).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

test("registerWriter() needs a project", async () => {
  const env = envOver(memoryStore(), 1);
  await expect(registerWriter(env, shop)).rejects.toMatchObject({ code: "PROJECT_NOT_FOUND" });
});

test("forgetWriter() is written into catalog and audit once, the first time", async () => {
  const env = await shopEnv();
  const { ordinal } = await registerWriter(env, shop);
  const first = await forgetWriter(env, shop, ordinal, { lastSeq: 77, by: "ann" });
  const again = await forgetWriter(env, shop, ordinal, { lastSeq: 99, by: "bob" });
  expect([first.lastSeq, again.lastSeq]).toEqual([77, 77]);
  const catalog = await loadCatalog(env, shop);
  expect(catalog?.writers[0]?.forgotten?.lastSeq).toBe(77);
  expect(catalog?.audit).toMatchObject([{ by: "ann" }]);
  expect(catalog?.audit[0]?.what).toContain("writer forget 1");
});

test("forgetWriter() refuses a writer that nobody registered", async () => {
  const env = await shopEnv();
  const loss = { lastSeq: 0, by: "ann" };
  await expect(forgetWriter(env, shop, writerOrdinal(5), loss)).rejects.toMatchObject({
    code: "WRITER_UNKNOWN",
  });
});
