import type { CallOptions, Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { CatalogSpec } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { closeManifest } from "../manifest/end-claims.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { placesOf } from "./sight/read-groups-whole.ts";

const CONCURRENCY = 16;

/**
 * Closes every group of a spec that the catalog has given up (protocol S6), also those without a
 * manifest: whatever a job of it does from then on is refused, and its objects can go. Does
 * nothing for a spec that is not closed.
 *
 * @throws {ShaleError} CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat it
 */
export async function closeGroups(
  env: Env,
  project: ProjectId,
  spec: CatalogSpec,
  { signal }: CallOptions = {},
): Promise<void> {
  if (spec.closedMs === null) return;
  await fanOut(placesOf(project, [spec]), { concurrency: CONCURRENCY, signal }, (place, stop) =>
    closeManifest(env, openManifest(env, place), place, { signal: stop }),
  );
}
