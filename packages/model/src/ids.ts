import { ShaleError } from "./errors.ts";
import { invariant } from "./invariant.ts";

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Names one project of a store: `[a-z0-9][a-z0-9_-]{0,62}`. */
export type ProjectId = Brand<string, "ProjectId">;
/** Position of a shard in one `ShardingSpec`: an integer, 0 <= shard < spec.shards. */
export type ShardId = Brand<number, "ShardId">;
/** Names one `ShardingSpec`: A, B, …, Z, AA, … in order of creation; never reused (protocol S6). */
export type SpecName = Brand<string, "SpecName">;
/** UTC day: whole days since 1970-01-01, which is day 0. */
export type Day = Brand<number, "Day">;
/** Generation of an event: the number of cuts below its seq; 0 before the first reshard. */
export type Generation = Brand<number, "Generation">;
/** A writer's number, 1 or more, handed out by a catalog commit and never reused. */
export type WriterOrdinal = Brand<number, "WriterOrdinal">;
/** Position of a row in its writer's log: an integer, 1 <= seq < 2^53, strictly rising. */
export type Seq = Brand<number, "Seq">;
/** Number of a tail object of one writer: 1 for the first flush, then dense. */
export type TailNumber = Brand<number, "TailNumber">;
/** Version of a catalog or manifest: 1 for the first commit, then +1 for each commit. */
export type ChainVersion = Brand<number, "ChainVersion">;

export const SHARDS_MAX = 65_536;
const PROJECT_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const SPEC_NAME = /^[A-Z]+$/;

/** @throws {ShaleError} PROJECT_ID_INVALID */
export function projectId(text: string): ProjectId {
  if (typeof text !== "string" || !PROJECT_ID.test(text)) {
    throw new ShaleError(
      "PROJECT_ID_INVALID",
      `Cannot use ${JSON.stringify(text)} as a project id: it must match ${PROJECT_ID.source}`,
    );
  }
  return text as ProjectId;
}

/** @throws {ShaleError} SHARDS_INVALID unless 1 <= shards <= 65,536 */
export function checkShards(shards: number): number {
  if (!Number.isInteger(shards) || shards < 1 || shards > SHARDS_MAX) {
    throw new ShaleError(
      "SHARDS_INVALID",
      `Cannot make ${shards} shards: a spec has 1 to ${SHARDS_MAX} shards, a whole number`,
    );
  }
  return shards;
}

export function specName(text: string): SpecName {
  invariant(SPEC_NAME.test(text), `a spec is named A, B, …, Z, AA: ${text}`);
  return text as SpecName;
}

/** The name of the spec created `index` specs after the first: 0 is A, 25 is Z, 26 is AA. */
export function specNameOf(index: number): SpecName {
  invariant(Number.isInteger(index) && index >= 0, `index counts specs: ${index}`);
  let text = "";
  for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1) {
    text = String.fromCharCode(65 + (rest % 26)) + text;
  }
  return text as SpecName;
}

export function shardId(shard: number, shards: number): ShardId {
  invariant(Number.isInteger(shard) && shard >= 0 && shard < shards, `0 <= ${shard} < ${shards}`);
  return shard as ShardId;
}

export function writerOrdinal(ordinal: number): WriterOrdinal {
  invariant(Number.isSafeInteger(ordinal) && ordinal >= 1, `an ordinal is 1 or more: ${ordinal}`);
  return ordinal as WriterOrdinal;
}

export function tailNumber(n: number): TailNumber {
  invariant(Number.isSafeInteger(n) && n >= 1, `a tail number is 1 or more: ${n}`);
  return n as TailNumber;
}

export function chainVersion(version: number): ChainVersion {
  invariant(Number.isSafeInteger(version) && version >= 1, `a version is 1 or more: ${version}`);
  return version as ChainVersion;
}

export function generation(cuts: number): Generation {
  invariant(Number.isSafeInteger(cuts) && cuts >= 0, `a generation counts cuts: ${cuts}`);
  return cuts as Generation;
}
