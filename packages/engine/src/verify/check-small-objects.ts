import type { ObjectEntry } from "@shale/env";
import { fanOut } from "@shale/env";
import type { CatalogDocument, Heartbeat } from "@shale/format";
import {
  decodeCondemnedRecord,
  decodeFirstLook,
  decodeHeartbeat,
  decodeValidationRecord,
  decodeWorkPin,
} from "@shale/format";
import { listLogs } from "@shale/ingest";
import type { WriterOrdinal } from "@shale/model";
import type { VerifyContext } from "./verify-context.ts";
import { decoded, readWhole } from "./verify-context.ts";

const READ_CONCURRENCY = 8;

export interface ListedHeartbeat {
  readonly entry: ObjectEntry;
  readonly writer: WriterOrdinal;
}

/** Heartbeats by key. Read before the catalog: what they have adopted is not above it then. */
export async function checkHeartbeats(
  context: VerifyContext,
  listed: readonly ListedHeartbeat[],
): Promise<ReadonlyMap<string, Heartbeat>> {
  const found = new Map<string, Heartbeat>();
  const fan = { concurrency: READ_CONCURRENCY, signal: context.signal };
  await fanOut(listed, fan, async ({ entry: { key }, writer }) => {
    const bytes = await readWhole(context, key);
    if (bytes === undefined) return;
    const heartbeat = decoded(context, key, () => decodeHeartbeat(bytes, { key }));
    if (heartbeat === undefined) return;
    if (heartbeat.ordinal === writer) found.set(key, heartbeat);
    else {
      const what = `It is the heartbeat of writer ${heartbeat.ordinal}`;
      context.report.find("OBJECT_MISPLACED", key, what);
    }
  });
  return found;
}

/** Decoders of what collections and long work leave for each other. */
const decoders = {
  condemned: decodeCondemnedRecord,
  pin: decodeWorkPin,
  look: decodeFirstLook,
  validation: decodeValidationRecord,
} as const;

export interface ListedDocument {
  readonly kind: keyof typeof decoders;
  readonly entry: ObjectEntry;
}

export async function checkDocuments(
  context: VerifyContext,
  listed: readonly ListedDocument[],
): Promise<void> {
  const fan = { concurrency: READ_CONCURRENCY, signal: context.signal };
  await fanOut(listed, fan, async ({ kind, entry: { key } }) => {
    const bytes = await readWhole(context, key);
    if (bytes !== undefined) decoded(context, key, () => decoders[kind](bytes, { key }));
  });
}

/** The logs of dead writers on this disk; a live one reads its own. Not without a catalog. */
export async function checkLogs(
  { env, project, report }: VerifyContext,
  catalog: CatalogDocument | undefined,
): Promise<void> {
  if (catalog === undefined) return;
  const suspects = (await listLogs(env, project)).filter(({ problem }) => problem !== undefined);
  if (suspects.length === 0) return;
  // A log whose writer registered after the catalog was read is known the second time.
  for (const { writer, folder, problem } of await listLogs(env, project)) {
    if (problem === undefined || !suspects.some((one) => one.writer === writer)) continue;
    report.find("LOG_UNREADABLE", folder, problem.message);
  }
}
