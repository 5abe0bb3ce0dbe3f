import type { ObjectEntry } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { claimOfOutput } from "@shale/format";
import type { SpecName, WriterOrdinal } from "@shale/model";
import { SHARDS_PER_GROUP } from "@shale/model";
import {
  catalogVersionOfKey,
  dayFilePlaceOfKey,
  heartbeatPrefix,
  manifestPlaceOfKey,
  numberBehind,
  pagePlaceOfKey,
  tailPlaceOfKey,
} from "../object-keys.ts";
import { holdsOrdinal } from "../ordinal-ranges.ts";
import {
  condemnedPrefix,
  firstLookPrefix,
  isNonceKey,
  storeClockKey,
  validationPrefix,
  workPinOfKey,
} from "./collect-keys.ts";
import type { CollectionView, GarbageReason, GroupView, KeptReason } from "./collection.ts";
import { isTakingPosition } from "./retired-writers.ts";
import { groupNameOf, tailFloorsOf } from "./tail-floors.ts";

/**
 * What the view says of one object. own: of the chains, the collector or a live heartbeat, each
 * with rules of its own. reachable: an answer may read it.
 */
export type Verdict =
  | { readonly is: "own" | "reachable" | "stale-heartbeat" }
  | { readonly is: "kept"; readonly why: KeptReason }
  | { readonly is: "garbage"; readonly why: GarbageReason };

const REACHABLE: Verdict = { is: "reachable" };
const OWN: Verdict = { is: "own" };

interface GroupNames {
  readonly view: GroupView;
  readonly files: ReadonlySet<string>;
  readonly pages: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
}

/** A judge of all objects of one view. Pure; building it costs as much as the view is large. */
export function judgeOf(view: CollectionView): (entry: ObjectEntry) => Verdict {
  const { catalog, groups, listed } = view;
  const named = new Map(groups.map((group) => [nameOf(group), namesOf(group)]));
  const manifests = new Map(groups.map((group) => [nameOf(group), group.manifest]));
  const floors = tailFloorsOf(catalog, manifests);
  const heads = headsOf(listed);

  function judgeOutput(
    place: { readonly spec: SpecName; readonly group: number; readonly id: string },
    kind: "files" | "pages",
  ): Verdict {
    if (!catalog.specs.some(({ spec }) => spec === place.spec)) return kept("unknown");
    const group = named.get(groupNameOf(place.spec, place.group));
    // An output is written after its claim was committed, so there was a manifest before it.
    if (group === undefined) return kept("no-manifest");
    // A closed manifest takes no commit: nothing of the group comes back (S6).
    if (group.view.manifest.closedMs !== null) return garbage("closed");
    if (group[kind].has(place.id)) return REACHABLE;
    return group.claims.has(claimOfOutput(place.id)) ? kept("claim") : garbage("unlisted");
  }
  function judgeTail(writer: WriterOrdinal, n: number): Verdict {
    const isRetired = holdsOrdinal(catalog.retired, writer);
    const floor = floors.get(writer);
    if (floor === undefined && !isRetired) return kept("unknown");
    if (!isRetired && n > (floor ?? 0)) return REACHABLE;
    if (isTakingPosition(catalog)) return kept("cut-pending");
    if (isRetired) return garbage("retired");
    return n === heads.get(writer) ? kept("head") : garbage("drained");
  }
  return ({ key }) => {
    const tail = tailPlaceOfKey(key);
    if (tail !== undefined) return judgeTail(tail.writer, tail.n);
    const file = dayFilePlaceOfKey(key);
    if (file !== undefined) {
      const group = Math.floor(file.shard / SHARDS_PER_GROUP);
      return judgeOutput({ ...file, group }, "files");
    }
    const page = pagePlaceOfKey(key);
    if (page !== undefined) return judgeOutput(page, "pages");
    return judgeOther(catalog, key);
  };
}

function judgeOther(catalog: CatalogDocument, key: string): Verdict {
  const { project } = catalog;
  const ordinal = numberBehind(heartbeatPrefix(project), key);
  if (ordinal !== undefined) {
    return holdsOrdinal(catalog.retired, ordinal) ? { is: "stale-heartbeat" } : OWN;
  }
  const isOwn =
    catalogVersionOfKey(key) !== undefined ||
    manifestPlaceOfKey(key) !== undefined ||
    workPinOfKey(project, key) !== undefined ||
    isNonceKey(condemnedPrefix(project), key) ||
    isNonceKey(firstLookPrefix(project), key) ||
    isNonceKey(validationPrefix(project), key) ||
    key === storeClockKey(project) ||
    key.startsWith(`${project}/wal/`); // Logs are no objects, and share the folder on a disk.
  return isOwn ? OWN : kept("unknown");
}

/** By writer, the highest tail object that was listed. */
function headsOf(listed: readonly ObjectEntry[]): ReadonlyMap<WriterOrdinal, number> {
  const heads = new Map<WriterOrdinal, number>();
  for (const { key } of listed) {
    const place = tailPlaceOfKey(key);
    if (place === undefined) continue;
    heads.set(place.writer, Math.max(place.n, heads.get(place.writer) ?? 0));
  }
  return heads;
}

function nameOf({ manifest }: GroupView): string {
  return groupNameOf(manifest.spec, manifest.group);
}

function namesOf(view: GroupView): GroupNames {
  return {
    view,
    files: new Set(view.files.map(({ id }) => id)),
    pages: new Set(view.manifest.pages.map(({ id }) => id)),
    claims: new Set(view.manifest.claims.map(({ id }) => id)),
  };
}

function kept(why: KeptReason): Verdict {
  return { is: "kept", why };
}

function garbage(why: GarbageReason): Verdict {
  return { is: "garbage", why };
}
