import type { Env } from "@shale/env";
import type { CatalogDocument, ManifestDocument } from "@shale/format";
import type { ProjectId, SpecName, WriterOrdinal } from "@shale/model";
import type { Chain } from "../chain/chain.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { openCatalog } from "../open-catalog.ts";
import type { TailPosition } from "./pin.ts";
import type { Positions } from "./plan-pin.ts";

/** Tail objects (base, top] of one writer that were all seen to exist. */
export interface KnownTail {
  readonly base: number;
  readonly top: TailPosition;
}

/**
 * What earlier pins of one project learned, so that the next ones list only what is new.
 *
 * Tail objects never change, and one goes only after every watermark has passed it. A pin reads the
 * watermarks after this memory: what it still needs then, and once existed, exists. A reader that
 * finds a pinned object gone all the same pins again with an empty memory: if nothing drained the
 * object, that pin calls it missing.
 */
export interface PinMemo {
  readonly catalog: Chain<CatalogDocument>;
  readonly tails: Map<WriterOrdinal, KnownTail>;
  /** Below no watermark that any group of the spec has had since: where listings may begin. */
  readonly lowest: Map<SpecName, Positions>;
  readonly manifests: Map<string, Chain<ManifestDocument>>;
}

/** An empty memory for the pins of one project. Pins that run at the same time may share it. */
export function createPinMemo(env: Env, project: ProjectId): PinMemo {
  return {
    catalog: openCatalog(env, project),
    tails: new Map(),
    lowest: new Map(),
    manifests: new Map(),
  };
}

/** The chain of a group's manifests, which remembers the newest version that it saw. */
export function manifestChain(
  env: Env,
  memo: PinMemo,
  place: { readonly project: ProjectId; readonly spec: SpecName; readonly group: number },
): Chain<ManifestDocument> {
  const key = `${place.spec}/${place.group}`;
  const chain = memo.manifests.get(key) ?? openManifest(env, place);
  memo.manifests.set(key, chain);
  return chain;
}

/** What is known of (start, …] of a writer's tail; undefined when it begins above `start`. */
export function knownAbove(
  memo: PinMemo,
  writer: WriterOrdinal,
  start: TailPosition,
): KnownTail | undefined {
  const known = memo.tails.get(writer);
  return known !== undefined && known.base <= start.n && start.n <= known.top.n ? known : undefined;
}

/** Remembers that all objects in (start, top] were seen. */
export function learnTail(memo: PinMemo, writer: WriterOrdinal, { base, top }: KnownTail): void {
  const known = memo.tails.get(writer);
  if (known === undefined || base > known.top.n || known.base > top.n) {
    memo.tails.set(writer, { base, top });
    return;
  }
  memo.tails.set(writer, {
    base: Math.min(base, known.base),
    top: top.n > known.top.n ? top : known.top,
  });
}
