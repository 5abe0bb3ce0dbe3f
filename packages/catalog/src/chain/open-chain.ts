import type { CallOptions, Env } from "@shale/env";
import { invariant, ShaleError } from "@shale/model";
import { backOff } from "../back-off.ts";
import { paddedNumber } from "../object-keys.ts";
import { patientEnv } from "../patient-env.ts";
import type { Chain, ChainEdit, ChainLink, ChainOptions, ChainPlace, ChainState } from "./chain.ts";
import type { AttemptFate, ChainAttempt } from "./chain-attempt.ts";
import { createVersion, planAttempt, settleAttempt } from "./chain-attempt.ts";
import { loadHead, readLink } from "./chain-head.ts";
import { pruneChain } from "./prune-chain.ts";

/** Races that a commit may lose; each costs a listing, a read and a creation. */
const ATTEMPT_COUNT_MAX = 64;
/** Times in a row that the store may not answer. */
const FAILURE_COUNT_MAX = 8;
/** A commit of every so many prunes, so that a chain costs one more listing now and then. */
const VERSIONS_PER_PRUNE = 16;

/** Opens a version chain. Nothing is read before it is asked for. */
export function openChain<T extends ChainState>(env: Env, options: ChainOptions<T>): Chain<T> {
  const place: ChainPlace<T> = { ...options, env, remembered: undefined };
  const patient = patientEnv(env).store;
  return {
    loadNewest: async (callOptions = {}) => (await loadHead(place, patient, callOptions))?.state,
    loadVersion: async (version, callOptions = {}) => {
      const { remembered } = place;
      if (remembered?.state.version === version) return remembered.state;
      const key = place.prefix + paddedNumber(version);
      return (await readLink(place, patient, key, callOptions))?.state;
    },
    commit: async (edit, callOptions = {}) => {
      const state = await commitEdit(place, edit, callOptions);
      if (state.version % VERSIONS_PER_PRUNE === 0) await pruneQuietly(place, callOptions);
      return state;
    },
    prune: (callOptions = {}) => pruneChain(place, callOptions),
  };
}

async function commitEdit<T extends ChainState>(
  place: ChainPlace<T>,
  edit: ChainEdit<T>,
  options: CallOptions,
): Promise<T> {
  let undecided: readonly ChainAttempt<T>[] = [];
  let failureCount = 0;
  for (let attemptCount = 1; ; attemptCount++) {
    try {
      const head = await loadHead(place, place.env.store, options);
      const fates = await settleAll(place, undecided, head, options);
      if (fates.includes("committed") && head !== undefined) return head.state;
      if (fates.includes("moved")) continue;
      undecided = undecided.filter((_, i) => fates[i] === "open");
      const draft = edit(head?.state);
      if (draft === undefined) {
        invariant(head !== undefined, `an edit of ${place.prefix} makes the first version`);
        return head.state;
      }
      if (attemptCount > ATTEMPT_COUNT_MAX) throw lostOf(place, undecided);
      const attempt = planAttempt(place, head, draft);
      undecided = [...undecided, attempt]; // Before the write: whatever it throws, it may land.
      const outcome = await createVersion(place, attempt, options);
      if (outcome === "counts") return attempt.state;
      if (outcome === "taken") undecided = undecided.filter((one) => one !== attempt);
      failureCount = 0;
      if (outcome === "doubtful") continue; // The head tells at once.
    } catch (error) {
      if (!isUnavailable(error) || ++failureCount === FAILURE_COUNT_MAX) throw error;
    }
    await backOff(place.env, attemptCount, options);
  }
}

/** In order; what a fate leaves undecided after "committed" or "moved" is asked no more. */
async function settleAll<T extends ChainState>(
  place: ChainPlace<T>,
  attempts: readonly ChainAttempt<T>[],
  head: ChainLink<T> | undefined,
  options: CallOptions,
): Promise<readonly AttemptFate[]> {
  const fates: AttemptFate[] = [];
  for (const attempt of attempts) {
    const fate = await settleAttempt(place, attempt, head, options);
    fates.push(fate);
    if (fate === "committed" || fate === "moved") return fates;
  }
  return fates;
}

function lostOf<T extends ChainState>(
  { prefix }: ChainPlace<T>,
  undecided: readonly ChainAttempt<T>[],
): ShaleError {
  const lost = `lost ${ATTEMPT_COUNT_MAX} races in a row`;
  return undecided.length === 0
    ? new ShaleError("CATALOG_CONFLICT", `Cannot commit to ${prefix}: ${lost}`)
    : new ShaleError(
        "STORE_UNAVAILABLE",
        `Cannot tell whether a commit to ${prefix} took effect: a write was not answered`,
      );
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ShaleError && error.code === "STORE_UNAVAILABLE";
}

/** The commit stands whether or not old versions go: what fails here is tried again later. */
async function pruneQuietly<T extends ChainState>(
  place: ChainPlace<T>,
  options: CallOptions,
): Promise<void> {
  try {
    await pruneChain(place, options);
  } catch (error) {
    place.env.logger.warn("old versions could not be pruned", { prefix: place.prefix, error });
  }
}
