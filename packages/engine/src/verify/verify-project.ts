import { catalogInvariants, manifestInvariants, openCatalog, openManifest } from "@shale/catalog";
import type { Env } from "@shale/env";
import { retryingStore } from "@shale/env";
import type { CatalogDocument, Heartbeat, ManifestDocument } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import { createProgressMeter } from "../progress-meter.ts";
import { checkDocuments, checkHeartbeats, checkLogs } from "./check-small-objects.ts";
import { checkVersions } from "./check-versions.ts";
import { entryFindingsOf } from "./files/check-entries.ts";
import { checkFiles } from "./files/check-files.ts";
import type { GroupView } from "./group-view.ts";
import { groupsOfSpec } from "./group-view.ts";
import type { ProjectListing } from "./list-project.ts";
import { listProject } from "./list-project.ts";
import { loadNewestCatalog } from "./newest-catalog.ts";
import { readGroup } from "./read-group.ts";
import { checkTail } from "./tail/check-tail.ts";
import { noteRetiringWriters } from "./tail/retiring-writers.ts";
import { unlistedNotesOf } from "./unlisted-notes.ts";
import type {
  VerificationFinding,
  VerificationNote,
  VerificationReport,
  VerifyOptions,
} from "./verification.ts";
import type { VerifyContext } from "./verify-context.ts";
import { createProgress, createReportBuilder } from "./verify-context.ts";

/**
 * Checks every object of a project against its checksums, its name, and what the others say of it.
 * Changes nothing, and may run beside writers and compacters: what is not there any more is looked
 * up in the newest manifests before it counts as missing.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, STORE_UNAVAILABLE, PIN_UNSTABLE. Damage is a finding,
 * unless no version of the catalog can be read: OBJECT_CORRUPT, FORMAT_UNKNOWN.
 */
export async function verifyProject(
  env: Env,
  project: ProjectId,
  options: VerifyOptions,
): Promise<VerificationReport> {
  const { signal, full = false, hasher, onProgress } = options;
  const patient = { ...env, store: retryingStore(env, env.store) };
  const listing = await listProject({ env: patient, project, signal });
  const total = listing.entries.reduce((sum, { size }) => sum + size, 0);
  const meter = createProgressMeter(env.clock, onProgress, {
    phase: "verify",
    unit: "bytes",
    total,
  });
  const report = createReportBuilder();
  const progress = createProgress(meter);
  const context = { env: patient, project, hasher, full, signal, report, progress };
  const events = await checkAll(context, listing);
  meter.finish(total);
  const findings = inOrder(report.findings);
  const objects = listing.entries.length;
  return { ok: findings.length === 0, objects, events, findings, notes: inOrder(report.notes) };
}

/** By object, then code: several objects are read at a time, and any may be the first to come. */
function inOrder<One extends VerificationFinding | VerificationNote>(all: readonly One[]): One[] {
  return [...all].sort(
    (a, b) =>
      compareText(a.object, b.object) ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/**
 * Positions before the catalog before the manifests: what was listed and is not in a manifest that
 * was read afterwards is not reachable, and what a manifest lists was made before.
 */
async function checkAll(context: VerifyContext, listing: ProjectListing): Promise<number> {
  const { env, project, report } = context;
  const heartbeats = await checkHeartbeats(context, listing.ofKind("heartbeat"));
  const first = await checkCatalog(context, listing);
  findOldCatalog(context, heartbeats, first);
  const groups = await readAllGroups(context, listing, first);
  // Manifests may name writers and tombstones that are younger than the first catalog.
  const newest = await loadNewestCatalog(context);
  const catalog = newest ?? first;
  for (const group of groups) {
    for (const { code, object, message } of entryFindingsOf(group, catalog)) {
      report.find(code, object, message);
    }
  }
  await checkFiles(context, groups, catalog);
  const listed = listing
    .ofKind("tail")
    .map(({ entry, writer, n }) => ({ key: entry.key, writer, n }));
  const shards = catalog.specs.find(({ spec }) => spec === catalog.live)?.shards ?? 1;
  const tailRows = await checkTail(context, {
    ...{ project, catalog, pinned: first, groups },
    ...{ listed, shards },
  });
  await noteRetiringWriters(context, groups, catalog);
  await checkDocuments(context, [
    ...listing.ofKind("condemned"),
    ...listing.ofKind("pin"),
    ...listing.ofKind("look"),
    ...listing.ofKind("validation"),
  ]);
  await checkLogs(context, newest);
  for (const { code, object, message } of unlistedNotesOf(listing, groups, env.processes)) {
    report.note(code, object, message);
  }
  const live = groups.filter(({ spec }) => spec === catalog.live);
  return tailRows + live.flatMap(({ entries }) => entries).reduce((sum, { rows }) => sum + rows, 0);
}

/** All versions of the catalog. The newest that can be read, for what follows. */
async function checkCatalog(
  context: VerifyContext,
  listing: ProjectListing,
): Promise<CatalogDocument> {
  const { env, project } = context;
  const { state } = await checkVersions(context, {
    versions: listing.ofKind("catalog"),
    chain: openCatalog(env, project),
    invariants: catalogInvariants,
  });
  const catalog = (await loadNewestCatalog(context)) ?? state;
  if (catalog !== undefined) return catalog;
  const [damage] = context.report.findings;
  if (damage === undefined) {
    throw new ShaleError("PROJECT_NOT_FOUND", `Cannot verify project "${project}": there is none`);
  }
  throw new ShaleError("OBJECT_CORRUPT", damage.message, { details: { key: damage.object } });
}

/** A writer has adopted a catalog that is not there any more: an old one was put in its place. */
function findOldCatalog(
  { report }: VerifyContext,
  heartbeats: ReadonlyMap<string, Heartbeat>,
  { version }: CatalogDocument,
): void {
  for (const [key, { ordinal, catalogVersion }] of heartbeats) {
    if (catalogVersion <= version) continue;
    const what = `Writer ${ordinal} has adopted catalog version ${catalogVersion}`;
    report.find("CATALOG_OLD", key, `${what}, and the newest there is ${version}`);
  }
}

async function readAllGroups(
  context: VerifyContext,
  listing: ProjectListing,
  { specs }: CatalogDocument,
): Promise<readonly GroupView[]> {
  const { env, project, signal } = context;
  const versions = listing.ofKind("manifest");
  const groups: GroupView[] = [];
  for (const { spec, shards, closedMs } of specs) {
    for (const group of groupsOfSpec(shards)) {
      signal?.throwIfAborted();
      const { state } = await checkVersions<ManifestDocument>(context, {
        versions: versions.filter((one) => one.spec === spec && one.group === group),
        chain: openManifest(env, { project, spec, group }),
        invariants: manifestInvariants,
      });
      // What is left of a closed spec is being deleted: only its closed heads stay (protocol S6).
      if (closedMs === null) {
        groups.push(await readGroup(context, { spec, shards, group }, state));
      }
    }
  }
  return groups;
}
