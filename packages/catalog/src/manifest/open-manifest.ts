import type { Env } from "@shale/env";
import type { CatalogVector, ManifestDocument } from "@shale/format";
import { decodeManifest, encodeManifest } from "@shale/format";
import { chainVersion, ShaleError } from "@shale/model";
import type { Chain } from "../chain/chain.ts";
import { openChain } from "../chain/open-chain.ts";
import { manifestPrefix } from "../object-keys.ts";
import { manifestInvariants } from "./manifest-invariants.ts";
import type { ManifestPlace } from "./manifest-place.ts";
import { brokenManifestRuleOf } from "./manifest-rules.ts";

/** The chain of a group's manifests. It remembers the newest one it saw: reading gets cheap. */
export function openManifest(env: Env, place: ManifestPlace): Chain<ManifestDocument> {
  const { project, spec, group } = place;
  return openChain(env, {
    prefix: manifestPrefix(project, spec, group),
    codec: {
      encode: encodeManifest,
      decode(bytes, { key }) {
        const manifest = decodeManifest(bytes, { key });
        const isOwn =
          manifest.project === project && manifest.spec === spec && manifest.group === group;
        const wrong = isOwn ? brokenManifestRuleOf(manifest) : "it is of another group";
        if (wrong === undefined) return manifest;
        throw new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: ${wrong}`, {
          details: { key },
        });
      },
    },
    invariants: manifestInvariants,
  });
}

/** What a group has before its first commit: no file, and the tail from `watermarks` on. */
export function firstManifest(
  { project, spec, group }: ManifestPlace,
  watermarks: CatalogVector,
): ManifestDocument {
  return {
    project,
    spec,
    group,
    version: chainVersion(1),
    nonces: [],
    closedMs: null,
    watermarks,
    claims: [],
    committed: [],
    copied: [],
    base: null,
    pages: [],
    added: [],
    removed: [],
    written: {
      drainedRows: 0,
      drainedBytes: 0,
      rewrittenRows: 0,
      rewrittenBytes: 0,
      commits: 0,
    },
  };
}
