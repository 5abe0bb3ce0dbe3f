import { memoryStore } from "@shale/env";
import { projectId } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { envOver } from "../test/log-chain.ts";
import { catalogKey } from "./object-keys.ts";
import { loadCatalog } from "./open-catalog.ts";
import { createProject, listProjects } from "./projects.ts";

const shop = projectId("shop");

test("createProject() makes spec A with the shards asked for", async () => {
  const env = envOver(memoryStore(), 1);
  const catalog = await createProject(env, { project: shop, shards: 8 });
  expect(catalog).toMatchObject({ project: "shop", version: 1, live: "A", fed: ["A"] });
  expect(catalog.specs).toMatchObject([{ spec: "A", shards: 8, hash: "xxh64", closedMs: null }]);
  expect(await loadCatalog(env, shop)).toEqual(catalog);
  expect(await env.store.head(catalogKey(shop, catalog.version))).toBeDefined();
});

test("createProject() leaves a project that is there as it is", async () => {
  const env = envOver(memoryStore(), 1);
  const first = await createProject(env, { project: shop, shards: 8 });
  expect(await createProject(env, { project: shop, shards: 99 })).toEqual(first);
  await expect(createProject(env, { project: shop, shards: 0 })).rejects.toMatchObject({
    code: "SHARDS_INVALID",
  });
});

test("of many processes that create a project at once, one's shards count for all", async () => {
  const env = simulatedEnv({ seed: 7 });
  const catalogs = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      createProject(env.startProcess(), { project: shop, shards: i + 1 }),
    ),
  );
  for (const catalog of catalogs) expect(catalog).toEqual(catalogs[0]);
});

test("loadCatalog() finds no catalog of a project that nobody made", async () => {
  expect(await loadCatalog(envOver(memoryStore(), 1), shop)).toBeUndefined();
});

test("listProjects() finds every project, and nothing else that stands in the store", async () => {
  const env = envOver(memoryStore(), 1);
  expect(await listProjects(env)).toEqual([]);
  const names = ["shop", "shop-2", "shop0", "a", "z_9", "shop-", "0"];
  for (const name of names) await createProject(env, { project: projectId(name), shards: 1 });
  for (const key of ["loose", "UPPER/catalog/0000000000000001", "half/tail/x", "shop/catalog/x"]) {
    await env.store.put(key, new Uint8Array(1), { always: true });
  }
  expect(await listProjects(env)).toEqual([...names].sort());
});
