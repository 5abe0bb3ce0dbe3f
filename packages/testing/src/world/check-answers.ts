import type { Query, StoredEvent } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { LogPlace, ReferenceStore } from "../reference/reference-store.ts";
import type { Reading } from "./read-answers.ts";
import { readAnswers, readEvents } from "./read-answers.ts";
import type { CommandRun } from "./running-process.ts";
import { callOf, mustSucceed } from "./running-process.ts";
import type { SeenAppends, SentAppend, StoreModel } from "./store-model.ts";
import { expectedStore, MARK_USER, noteCollected, noteSeen, requiredNames } from "./store-model.ts";
import type { RunningProcess } from "./store-system.ts";
import { isDisturbed } from "./store-system.ts";

/** A reading that was right, and which state it showed. */
export interface CheckedReading extends Reading {
  readonly seen: SeenAppends;
  readonly reference: ReferenceStore;
}

/** Readings that may fail one after the other, where something is made to fail. */
const READ_TRIES = 6;

/**
 * Asks a process and compares every answer with the reference, byte by byte. Undefined when the
 * process could not answer and there is a reason for that.
 */
export async function askProcess(
  run: CommandRun,
  running: RunningProcess,
  queries: readonly Query[],
): Promise<CheckedReading | undefined> {
  for (let tries = 1; tries <= READ_TRIES; tries++) {
    const required = requiredNames(run.model, running.number);
    const { compaction, disturbances } = run.system;
    const startMs = running.env.clock.nowMs();
    const outcome = await callOf(running.env, () => readAnswers(running.project, queries));
    if (outcome.kind === "done") {
      if (compaction === "background") {
        noteCollected(run.model, [startMs, running.env.clock.nowMs()], "doubtful");
      }
      return await checkReading(run.model, outcome.value, { running, required, queries });
    }
    if (outcome.kind !== "failed") return undefined;
    const { error } = outcome;
    const isOverrun = error.code === "SNAPSHOT_EXPIRED" && isDisturbed(run.system, disturbances);
    if (mustSucceed(run, running) && !isOverrun) throw error;
    await run.system.world.faults.clock.sleep(300);
  }
  return undefined;
}

export async function checkReading(
  model: StoreModel,
  reading: Reading,
  asked: {
    readonly running: Pick<RunningProcess, "number">;
    readonly required: readonly string[];
    readonly queries: readonly Query[];
  },
): Promise<CheckedReading> {
  const seen = seenIn(reading.events, model);
  const wrong: string[] = [];
  for (const [index, firstDayMs] of model.firstDaysMs.entries()) {
    const missing = asked.required.filter(
      (name) => !seen.has(name) && !isHidden(model.appends.get(name), firstDayMs),
    );
    const reference = await expectedStore(model, seen, firstDayMs);
    const found =
      missing.length > 0
        ? `promised and missing: ${missing.join(", ")}`
        : differenceOf(reading, await readAlike(reference, reading, asked.queries), asked.queries);
    if (found === undefined) {
      model.firstDaysMs = model.firstDaysMs.slice(index);
      noteSeen(model, seen, asked.running.number);
      return { ...reading, seen, reference };
    }
    wrong.push(found);
  }
  throw new Error(`Process ${asked.running.number} answers wrongly: ${wrong.join("; or ")}`);
}

/** What the reference says to the same questions. */
async function readAlike(
  reference: ReferenceStore,
  { answers }: Reading,
  queries: readonly Query[],
): Promise<Reading> {
  return answers.length === 0 ? await readEvents(reference) : await readAnswers(reference, queries);
}

/** All days of an append lie before its mark: where the mark is hidden, everything is. */
function isHidden(sent: SentAppend | undefined, firstDayMs: number): boolean {
  return sent !== undefined && sent.markMs < firstDayMs;
}

function seenIn(events: readonly StoredEvent[], model: StoreModel): SeenAppends {
  const seen = new Map<string, LogPlace>();
  for (const { user_id, insert_id, properties } of events) {
    if (user_id !== MARK_USER) continue;
    const name = String(properties["append"]);
    const [, writer, seq] = /^~(\d+)-(\d+)$/.exec(insert_id) ?? [];
    if (seq === undefined) throw new Error(`The mark of append ${name} has an id: ${insert_id}`);
    const rowCount = model.appends.get(name)?.events.length ?? 1;
    seen.set(name, { writer: Number(writer), seq: Number(seq) - (rowCount - 1) });
  }
  return seen;
}

/** What differs first, in words; undefined when every byte is equal. */
export function differenceOf(
  found: Pick<Reading, "events" | "answers">,
  expected: Pick<Reading, "events" | "answers">,
  queries: readonly Query[],
): string | undefined {
  const foundEvents = found.events.map((event) => JSON.stringify(event));
  const expectedEvents = expected.events.map((event) => JSON.stringify(event));
  const place = foundEvents.findIndex((event, index) => event !== expectedEvents[index]);
  if (place >= 0 || foundEvents.length < expectedEvents.length) {
    const at = place < 0 ? foundEvents.length : place;
    return `event ${at} is ${foundEvents[at]}, not ${expectedEvents[at]}`;
  }
  for (const [index, answer] of found.answers.entries()) {
    if (answer === expected.answers[index]) continue;
    const asked = index === 0 ? "the totals" : JSON.stringify(queries[index - 1]);
    return `${asked} gives ${answer}, not ${expected.answers[index]}`;
  }
  return undefined;
}

/** Errors with which a read may end when something has overtaken it. */
export function isExpired(error: unknown): boolean {
  return error instanceof ShaleError && ["SNAPSHOT_EXPIRED", "OBJECT_MISSING"].includes(error.code);
}
