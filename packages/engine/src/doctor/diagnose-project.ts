import { loadCatalog, manifestPrefix, readHeartbeats } from "@shale/catalog";
import type { CallOptions, Env } from "@shale/env";
import { retryingStore } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { decodeCondemnedRecord } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { ProjectStatus } from "../store.ts";
import type { GroupView } from "../verify/group-view.ts";
import { groupsOfSpec } from "../verify/group-view.ts";
import type { ProjectListing } from "../verify/list-project.ts";
import { listProject } from "../verify/list-project.ts";
import { outputReachOf } from "../verify/output-reach.ts";
import { readGroup } from "../verify/read-group.ts";
import type { ReadContext, ReportBuilder } from "../verify/verify-context.ts";
import { createReportBuilder } from "../verify/verify-context.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { DoctorFacts, ObjectAmount, StandingClaim } from "./doctor-facts.ts";
import { planDiagnosis } from "./plan-diagnosis.ts";

export interface DiagnoseOptions extends CallOptions {
  /** The status of the project, with its files. */
  readonly readStatus: () => Promise<ProjectStatus>;
}

/**
 * Looks at what a project's documents say, without reading its rows: what is stuck, and which
 * command is next.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, STORE_UNAVAILABLE, PIN_UNSTABLE. Damage is a finding.
 */
export async function diagnoseProject(
  env: Env,
  project: ProjectId,
  { readStatus, signal }: DiagnoseOptions,
): Promise<Diagnosis> {
  const report = createReportBuilder();
  const reading = { ...env, store: retryingStore(env, env.store) };
  const progress = { add: () => {} };
  const context: ReadContext = { env: reading, project, signal, report, progress };
  // Before the manifests: what they do not list afterwards, no new reader reaches.
  const listing = await listProject(context);
  const catalog = await seen(report, "the catalog", () => loadCatalog(env, project));
  const groups = await readGroups(context, catalog);
  const condemned =
    (await seen(report, "a condemned record", () => condemnedOf(context, listing))) ?? new Map();
  const unlisted = unlistedOf(listing, groups);
  const closed = closedOf(listing, catalog).filter(({ key }) => !condemned.has(key));
  const facts: DoctorFacts = {
    nowMs: env.clock.nowMs(),
    status: await seen(report, "the status", readStatus),
    heartbeats: await readHeartbeats(env, project),
    claims: groups.flatMap((group) => claimsOf(env, group)),
    entries: groups.filter(({ spec }) => spec === catalog?.live).flatMap(({ entries }) => entries),
    unlisted: amountOf(unlisted),
    closed: amountOf(closed),
    condemned: amountOf([...condemned.values()].map((size) => ({ size }))),
    unlistedCondemned: unlisted.filter(({ key }) => condemned.has(key)).length,
    reshard: catalog,
    tombstones: catalog?.tombstones ?? [],
    retention: catalog?.retention ?? { keepMs: null, firstDay: null },
    damage: report.findings,
  };
  return planDiagnosis(facts);
}

/** What damage keeps from being read is found, and left out. */
async function seen<T>(
  report: ReportBuilder,
  what: string,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const key = error instanceof ShaleError ? error.details?.["key"] : undefined;
    report.findDamage(typeof key === "string" ? key : what, error);
    return undefined;
  }
}

function amountOf(objects: readonly { readonly size: number }[]): ObjectAmount {
  return { objects: objects.length, bytes: objects.reduce((sum, { size }) => sum + size, 0) };
}

function unlistedOf(listing: ProjectListing, groups: readonly GroupView[]) {
  const reachOf = outputReachOf(groups);
  return [...listing.ofKind("page"), ...listing.ofKind("day-file")]
    .filter((output) => reachOf(output) === "unlisted")
    .map(({ entry }) => entry);
}

/** Day files and pages of specs that were given up or replaced: nothing reads them any more. */
function closedOf(listing: ProjectListing, catalog: CatalogDocument | undefined) {
  const closed = new Set(
    catalog?.specs.filter(({ closedMs }) => closedMs !== null).map(({ spec }) => spec),
  );
  return [...listing.ofKind("page"), ...listing.ofKind("day-file")]
    .filter(({ spec }) => closed.has(spec))
    .map(({ entry }) => entry);
}

/** All groups of the specs that are not closed. */
async function readGroups(
  context: ReadContext,
  catalog: CatalogDocument | undefined,
): Promise<readonly GroupView[]> {
  const { project, report } = context;
  const groups: GroupView[] = [];
  for (const { spec, shards, closedMs } of catalog?.specs ?? []) {
    if (closedMs !== null) continue;
    for (const group of groupsOfSpec(shards)) {
      const view = await readGroup(context, { spec, shards, group }, undefined);
      groups.push(view);
      if (view.isWhole || view.manifest !== undefined) continue;
      const object = manifestPrefix(project, spec, group);
      report.find("OBJECT_CORRUPT", object, `The newest manifest under ${object} cannot be read`);
    }
  }
  return groups;
}

function claimsOf(env: Env, { spec, group, manifest }: GroupView): readonly StandingClaim[] {
  return (manifest?.claims ?? []).map((claim) => ({
    spec,
    group,
    claim,
    owner: env.processes.stateOf(claim.owner),
  }));
}

async function condemnedOf(
  { env, signal }: ReadContext,
  listing: ProjectListing,
): Promise<ReadonlyMap<string, number>> {
  const objects = new Map<string, number>();
  for (const { entry } of listing.ofKind("condemned")) {
    const { key } = entry;
    const stored = await env.store.get(key, { signal });
    if (stored === undefined) continue;
    for (const object of decodeCondemnedRecord(stored.bytes, { key }).objects) {
      objects.set(object.key, object.bytes);
    }
  }
  return objects;
}
