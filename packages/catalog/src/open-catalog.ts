import type { Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { decodeCatalog, encodeCatalog } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { catalogInvariants } from "./catalog-invariants.ts";
import { brokenRuleOf } from "./catalog-rules.ts";
import type { Chain } from "./chain/chain.ts";
import { openChain } from "./chain/open-chain.ts";
import { catalogPrefix } from "./object-keys.ts";

/** The chain of a project's catalogs. It remembers the newest one it saw: reading gets cheap. */
export function openCatalog(env: Env, project: ProjectId): Chain<CatalogDocument> {
  return openChain(env, {
    prefix: catalogPrefix(project),
    codec: {
      encode: encodeCatalog,
      decode(bytes, { key }) {
        const catalog = decodeCatalog(bytes, { key });
        const wrong =
          catalog.project === project ? brokenRuleOf(catalog) : `it is of ${catalog.project}`;
        if (wrong === undefined) return catalog;
        throw new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: ${wrong}`, {
          details: { key },
        });
      },
    },
    invariants: catalogInvariants,
  });
}

/** The newest catalog; undefined when there is no such project. */
export async function loadCatalog(
  env: Env,
  project: ProjectId,
): Promise<CatalogDocument | undefined> {
  return await openCatalog(env, project).loadNewest();
}

/** The catalog of an edit's or a pin's project. @throws {ShaleError} PROJECT_NOT_FOUND */
export function existing(
  catalog: CatalogDocument | undefined,
  project: ProjectId,
): CatalogDocument {
  if (catalog !== undefined) return catalog;
  throw new ShaleError("PROJECT_NOT_FOUND", `Cannot find project "${project}" in this store`);
}
