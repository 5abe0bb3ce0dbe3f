import type { Query, StoredEvent, TimelineAnswer, TimelineQuery } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { ReferenceStore } from "../reference/reference-store.ts";
import type { CheckedReading } from "../world/check-answers.ts";
import { askProcess, differenceOf, isExpired } from "../world/check-answers.ts";
import type { Reading } from "../world/read-answers.ts";
import { readAnswers } from "../world/read-answers.ts";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, mustSucceed, processAt } from "../world/running-process.ts";
import { expectedStore } from "../world/store-model.ts";
import type { HeldRead, RunningProcess } from "../world/store-system.ts";
import { isDisturbed } from "../world/store-system.ts";
import type { ProcessCommand, StoreCommand } from "./store-command.ts";
import { processCommand, storeCommand } from "./store-command.ts";

/** Events that one step of a held iterator reads. */
const STEP = 2;

export interface HoldDraft {
  readonly seat: number;
  /** The process whose answers are compared first; default: that of `seat`, whose cache they fill. */
  readonly asker?: number | undefined;
  readonly what: "events" | "snapshot" | "timeline";
  readonly queries: readonly Query[];
  /** Whose timeline. */
  readonly userId: string;
}

/** Begins a reading that other commands meet in the middle. */
export function holdCommand(draft: HoldDraft): ProcessCommand {
  const { seat, asker = seat, what, queries, userId } = draft;
  const text = `begin to read ${what === "timeline" ? `timeline of ${JSON.stringify(userId)}` : what}`;
  return processCommand(seat, text, async (run) => {
    const asked = await processAt(run, asker);
    const checked = asked && (await askProcess(run, asked, queries));
    if (checked === undefined) return;
    const running = await processAt(run, seat);
    if (running === undefined) return;
    const isOwn = running === asked;
    run.system.held.push(heldRead(run, { what, running, checked, queries, userId, isOwn }));
    await goOnWith(run);
  });
}

/** Every held reading reads on. */
export function goOnReadingCommand(): StoreCommand {
  return storeCommand("read on", goOnWith);
}

async function goOnWith({ system }: CommandRun): Promise<void> {
  for (const held of [...system.held]) {
    const { env } = held.process;
    if (env.isPaused) continue;
    const outcome = env.isEnded ? undefined : await callOf(env, () => held.goOn());
    if (outcome?.kind === "failed") throw outcome.error;
    if (outcome?.kind === "done" && outcome.value === "more") continue;
    system.held.splice(system.held.indexOf(held), 1);
    if (outcome?.kind === "done") await held.release();
  }
}

interface HeldBeginning extends Omit<HoldDraft, "seat" | "asker"> {
  readonly running: RunningProcess;
  readonly checked: CheckedReading;
  /** False: the snapshot is another process's, and its rows in memory cannot be read here. */
  readonly isOwn: boolean;
}

function heldRead(run: CommandRun, beginning: HeldBeginning): HeldRead {
  switch (beginning.what) {
    case "events":
      return heldEvents(run, beginning);
    case "snapshot":
      return heldSnapshot(run, beginning);
    case "timeline":
      return heldTimeline(run, beginning);
  }
}

/** True when a reading may end here: something has overtaken it, or makes calls fail. */
function mayEnd(
  run: CommandRun,
  { running, isOwn }: HeldBeginning,
  since: number,
  error: unknown,
): boolean {
  if (!(error instanceof ShaleError)) return false;
  if (!mustSucceed(run, running)) return true;
  return isExpired(error) && (!isOwn || isDisturbed(run.system, since));
}

/** An iterator gives the events of its beginning, whatever has happened since: it holds a pin (R5). */
function heldEvents(run: CommandRun, { running, checked, isOwn }: HeldBeginning): HeldRead {
  const since = run.system.lapses;
  const { snapshot, events } = checked;
  const iterator = running.project.events({ snapshot })[Symbol.asyncIterator]();
  let given = 0;
  return {
    process: running,
    async goOn() {
      for (let step = 0; step < STEP; step++) {
        let next: IteratorResult<StoredEvent>;
        try {
          next = await iterator.next();
        } catch (error) {
          const hasLapsed = run.system.lapses > since || !mustSucceed(run, running);
          if (hasLapsed && error instanceof ShaleError) return "over";
          if (!isOwn && given === 0 && isExpired(error)) return "over";
          throw error;
        }
        const found = next.done === true ? undefined : JSON.stringify(next.value);
        const isRight = found === (events[given] && JSON.stringify(events[given]));
        if (!isRight) throw new Error(`A held iterator gives ${found} as event ${given}`);
        if (next.done === true) return "over";
        given++;
      }
      return "more";
    },
    async release() {
      await iterator.return?.();
    },
  };
}

/** What a reader who stands at `checked` may see now: what it saw, or that without what was removed. */
async function statesOf(run: CommandRun, checked: CheckedReading): Promise<ReferenceStore[]> {
  const { model } = run;
  const later = model.firstDaysMs.map((day) => expectedStore(model, checked.seen, day));
  return [checked.reference, ...(await Promise.all(later))];
}

/** A snapshot answers as it did, or has expired. */
function heldSnapshot(run: CommandRun, beginning: HeldBeginning): HeldRead {
  const { running, checked, queries } = beginning;
  const since = run.system.disturbances;
  return {
    process: running,
    async goOn() {
      const { snapshot } = checked;
      let reading: Reading;
      try {
        reading = await readAnswers(running.project, queries, { snapshot });
      } catch (error) {
        if (mayEnd(run, beginning, since, error)) return "over";
        throw error;
      }
      const found: (string | undefined)[] = [];
      for (const state of await statesOf(run, checked)) {
        found.push(differenceOf(reading, await readAnswers(state, queries), queries));
      }
      if (!found.includes(undefined)) throw new Error(`A snapshot has moved: ${found[0]}`);
      return "more";
    },
    async release() {},
  };
}

/** The pages of a timeline go on where the last one ended. */
function heldTimeline(run: CommandRun, beginning: HeldBeginning): HeldRead {
  const { running, checked, userId } = beginning;
  const since = run.system.disturbances;
  const query: TimelineQuery = { kind: "timeline", user_id: userId, limit: 1 };
  let cursor: string | undefined;
  let given = -1;
  async function readPage(): Promise<TimelineAnswer | undefined> {
    try {
      const { snapshot } = checked;
      return await (cursor === undefined
        ? running.project.query(query, { snapshot })
        : running.project.query({ ...query, cursor }));
    } catch (error) {
      if (mayEnd(run, beginning, since, error)) return undefined;
      throw error;
    }
  }
  return {
    process: running,
    async goOn() {
      const page = await readPage();
      if (page === undefined) return "over";
      const all = await timelineOf(checked.reference, userId);
      const found = page.events.map((event) => JSON.stringify(event));
      const states = await statesOf(run, checked);
      const allowed = await Promise.all(
        states.map(async (state) => {
          const left = await timelineOf(state, userId);
          return left.find((event) => all.indexOf(event) > given);
        }),
      );
      if (!allowed.includes(found[0])) {
        throw new Error(`A timeline goes on with ${found[0]}, not ${allowed.join(" or ")}`);
      }
      given = found[0] === undefined ? given : all.indexOf(found[0]);
      cursor = page.cursor ?? undefined;
      return page.cursor === null ? "over" : "more";
    },
    async release() {},
  };
}

async function timelineOf(state: ReferenceStore, userId: string): Promise<string[]> {
  const limit = 10_000;
  const { events } = await state.query({ kind: "timeline", user_id: userId, limit });
  return events.map((event) => JSON.stringify(event));
}
