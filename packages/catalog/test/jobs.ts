import type { Env } from "@shale/env";
import { listAll, nonceOf } from "@shale/env";
import type {
  CatalogVector,
  DayFileEntry,
  ManifestClaimKind,
  ManifestDocument,
} from "@shale/format";
import { emptyTailObject, encodeTailObject } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { tailNumber } from "@shale/model";
import { beginClaim } from "../src/manifest/begin-claim.ts";
import { commitClaim } from "../src/manifest/commit-claim.ts";
import { loadEntries } from "../src/manifest/load-entries.ts";
import type { ManifestPlace } from "../src/manifest/manifest-place.ts";
import { openManifest } from "../src/manifest/open-manifest.ts";
import { dayFileKey, tailKey } from "../src/object-keys.ts";
import { createProject } from "../src/projects.ts";
import type { RegisteredWriter } from "../src/writers.ts";
import { registerWriter } from "../src/writers.ts";
import type { FileFacts } from "./groups.ts";
import { balanceOf, fileOf, group } from "./groups.ts";

export const { project } = group;
const nothing: CatalogVector = { positions: {}, infinite: [] };

/** A project with one group, and a writer that has registered. */
export async function startShop(env: Env): Promise<RegisteredWriter> {
  await createProject(env, { project, shards: 4 });
  return await registerWriter(env, project);
}

export interface JobOutput extends FileFacts {
  readonly tombstone?: number;
  readonly seqs?: DayFileEntry["seqs"];
}
export interface Job {
  readonly kind?: ManifestClaimKind;
  readonly place?: ManifestPlace;
  readonly inputs?: readonly DayFileEntry[];
  /** One output each. */
  readonly outputs?: readonly JobOutput[];
  readonly watermarks?: CatalogVector;
  readonly id?: string;
}

/** Claims, and writes the outputs; `commit` publishes them. */
export async function beginJob(env: Env, job: Job) {
  const { kind = "drain", place = group, inputs = [], outputs = [{}] } = job;
  const id = job.id ?? nonceOf(env.random);
  const chain = openManifest(env, place);
  await beginClaim(env, chain, { ...place, kind, inputs, first: nothing, id });
  const files = outputs.map((facts, number) => ({ ...fileOf(id, number, facts), ...only(facts) }));
  for (const file of files) await putFile(env, place, file);
  return {
    id,
    files,
    async commit(): Promise<readonly DayFileEntry[]> {
      const sums = balanceOf(files).in;
      await commitClaim(env, chain, id, {
        added: files,
        removed: inputs.map((input) => input.id),
        ...(job.watermarks === undefined ? {} : { watermarks: job.watermarks }),
        // What goes in is what comes out, and the rest goes as duplicates.
        balance:
          kind === "drain"
            ? { in: sums }
            : { in: balanceOf(inputs).in, ...leftOut(kind, balanceOf(inputs).in, sums) },
      });
      return files;
    },
  };
}

/** The whole job. @returns the files that it made */
export async function runJob(env: Env, job: Job): Promise<readonly DayFileEntry[]> {
  return await (await beginJob(env, job)).commit();
}

function only(facts: JobOutput): Partial<DayFileEntry> {
  return {
    ...(facts.tombstone === undefined ? {} : { tombstone: facts.tombstone }),
    ...(facts.seqs === undefined ? {} : { seqs: facts.seqs }),
  };
}

function leftOut(kind: ManifestClaimKind, before: Sums, after: Sums) {
  const rows = rowsOf(before) - rowsOf(after);
  if (rows === 0) return {};
  const rest = [{ generation: 0, rows, digest: rows.toString(16).padStart(32, "0") }];
  return kind === "expire" ? { expired: rest } : { deleted: rest };
}
type Sums = DayFileEntry["generations"];

function rowsOf(sums: Sums): number {
  return sums.reduce((total, { rows }) => total + rows, 0);
}

export async function putFile(
  env: Env,
  { spec }: ManifestPlace,
  file: DayFileEntry,
): Promise<string> {
  const key = dayFileKey(project, spec, file);
  await env.store.put(key, new TextEncoder().encode(file.id), { ifAbsent: true });
  return key;
}

export async function putSeal(
  env: Env,
  writer: WriterOrdinal,
  at: { readonly n: number; readonly lastSeq: number },
): Promise<void> {
  const n = tailNumber(at.n);
  const nonce = nonceOf(env.random);
  const seal = emptyTailObject({ writer, n, nonce, lastSeq: at.lastSeq, sealed: true });
  await env.store.put(tailKey(project, writer, n), encodeTailObject(seal), { ifAbsent: true });
}

export async function keysUnder(env: Env, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(env.store, prefix)) keys.push(key);
  return keys;
}

/** Keys of the files that an answer reads now; each is there, or it throws. */
export async function reachableKeys(env: Env, place: ManifestPlace = group): Promise<string[]> {
  const manifest: ManifestDocument | undefined = await openManifest(env, place).loadNewest();
  const files = manifest === undefined ? [] : await loadEntries(env, manifest, "all");
  const keys = files.map((file) => dayFileKey(project, place.spec, file));
  for (const key of keys) {
    if ((await env.store.head(key)) === undefined) throw new Error(`${key} is listed and gone`);
  }
  return keys;
}
