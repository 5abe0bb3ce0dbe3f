import type { Chain, ChainInvariant, ChainState } from "@shale/catalog";
import type { ObjectEntry } from "@shale/env";
import { chainVersion } from "@shale/model";
import type { VerifyContext } from "./verify-context.ts";

export interface ListedVersion {
  readonly entry: ObjectEntry;
  readonly version: number;
}

/** The versions of one chain that stand in the store, and what must be true of each. */
export interface VersionCheck<T> {
  /** Ascending. */
  readonly versions: readonly ListedVersion[];
  /** A fresh one: what it remembers it does not read. Reading checks the rules of one version. */
  readonly chain: Chain<T>;
  readonly invariants: Readonly<Record<string, ChainInvariant<T>>>;
}

/**
 * Checks every version, and every step between two neighbours. Returns the newest version that can
 * be read, and whether it is the newest there is.
 */
export async function checkVersions<T extends ChainState>(
  context: VerifyContext,
  check: VersionCheck<T>,
): Promise<{ readonly state: T | undefined; readonly isNewest: boolean }> {
  const { report, signal } = context;
  let newest: T | undefined;
  let before: T | undefined;
  for (const [index, { entry, version }] of check.versions.entries()) {
    const { key } = entry;
    const above = check.versions[index - 1]?.version;
    if (above !== undefined && above + 1 < version) {
      const gap = `Versions ${above + 1} to ${version - 1} before ${key} are not there`;
      report.note("HISTORY_GAP", key, `${gap}; they were superseded, and only snapshots read them`);
    }
    before = await readVersion(context, check, { entry, version }, before);
    newest = before ?? newest;
    signal?.throwIfAborted();
  }
  return { state: newest, isNewest: before !== undefined || check.versions.length === 0 };
}

/** undefined when it cannot be read; or pruned, or undone by its maker, since it was listed. */
async function readVersion<T extends ChainState>(
  { report, progress, signal }: VerifyContext,
  { chain, invariants }: VersionCheck<T>,
  { entry, version }: ListedVersion,
  before: T | undefined,
): Promise<T | undefined> {
  const { key, size } = entry;
  let state: T | undefined;
  try {
    state = await chain.loadVersion(chainVersion(version), { signal });
  } catch (error) {
    report.findDamage(key, error);
  }
  progress.add(size);
  if (state === undefined) return undefined;
  // A step is checked where the later one says that it was built on the earlier one: a late writer
  // may have left its version under a number that was pruned (protocol P1).
  const isBuiltOn =
    before?.version === version - 1 && state.nonces.includes(before.nonces.at(-1) ?? "");
  if (!isBuiltOn && version !== 1) return state;
  for (const [name, invariant] of Object.entries(invariants)) {
    const problem = invariant(isBuiltOn ? before : undefined, state);
    if (problem === undefined) continue;
    report.find("RULE_BROKEN", key, `Version ${version} breaks ${name}: ${problem}`);
    break;
  }
  return state;
}
