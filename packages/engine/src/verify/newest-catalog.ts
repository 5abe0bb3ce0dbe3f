import { loadCatalog } from "@shale/catalog";
import type { CatalogDocument } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { VerifyContext } from "./verify-context.ts";

/** undefined when there is none, or it is damaged, which is found with its versions. */
export async function loadNewestCatalog({
  env,
  project,
}: Pick<VerifyContext, "env" | "project">): Promise<CatalogDocument | undefined> {
  try {
    return await loadCatalog(env, project);
  } catch (error) {
    if (error instanceof ShaleError && error.kind === "corrupt") return undefined;
    throw error;
  }
}
