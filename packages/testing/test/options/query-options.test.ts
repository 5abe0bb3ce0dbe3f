import type { Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput, Query, UsersQuery } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { referenceStore, simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Asked } from "../engine-process.test-support.ts";
import { isLong, NEVER_MS, timelineOf } from "../engine-process.test-support.ts";
import type { OptionsCase, Place } from "./arbitrary-cases.test-support.ts";
import { arbitraryCase } from "./arbitrary-cases.test-support.ts";
import { eventFacts, optionsOf } from "./case-options.test-support.ts";
import { contractOptions } from "./contract-options.test-support.ts";
import { furtherNames, optionNames } from "./option-table.test-support.ts";

/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = isLong ? 7_200_000 : 900_000;
const RUN_COUNT = Number(process.env["SHALE_TEST_RUNS"] ?? (isLong ? 1_500 : 325));
/** The same cases every time, so that the table is the same; `SHALE_SEED` gives others. */
const SEED = Number(process.env["SHALE_SEED"] ?? 1);
/** Fewer cases of an option prove too little. */
const CASE_COUNT_MIN = 200;

async function projectWith(
  env: SimulatedEnv,
  events: readonly EventInput[],
  { layout, shards, executors }: Place,
): Promise<Project> {
  const store = await openStore({
    env,
    flushIntervalMs: NEVER_MS,
    compaction: "off",
    inlineExecutorCount: executors,
    fanOutRowsMin: 0,
  });
  const project = await store.project("p", { shards });
  const half = Math.ceil(events.length / 2);
  await project.append(events.slice(0, half));
  if (layout === "merged" || layout === "half drained") await project.compact();
  await project.append(events.slice(half));
  if (layout !== "in memory") await project.flush();
  if (layout === "merged" || layout === "drained") await project.compact();
  return project;
}

interface Told {
  readonly text: string;
  /** Whether there was more than one page. */
  readonly hasPages: boolean;
}

/** An answer without what may differ: every page of a timeline or of a list of users. */
async function told(asked: Asked, query: Query): Promise<Told> {
  if (query.kind === "timeline") {
    const events = await timelineOf(asked, query);
    return { text: JSON.stringify(events), hasPages: events.length > (query.limit ?? 100) };
  }
  const { meta, ...answer } = await asked.query(query);
  if (answer.kind !== "users") {
    const skipped = query.kind === "segmentation" ? meta.stats.skipped : 0;
    return { text: JSON.stringify({ ...answer, skipped }), hasPages: false };
  }
  const pages = [JSON.stringify([answer.total, answer.users])];
  for (let { cursor } = answer; cursor !== null; ) {
    const page = await asked.query({ ...query, cursor } as UsersQuery);
    pages.push(JSON.stringify([page.total, page.users]));
    cursor = page.cursor;
  }
  return { text: pages.join("\n"), hasPages: pages.length > 1 };
}

/** How often each option was asked, and how often the answer was not empty. */
const counts = new Map<string, { asked: number; told: number }>();

function count(names: Iterable<string>, notEmpty: boolean): void {
  for (const name of names) {
    const before = counts.get(name) ?? { asked: 0, told: 0 };
    counts.set(name, { asked: before.asked + 1, told: before.told + (notEmpty ? 1 : 0) });
  }
}

/** Whether an answer has a number other than 0, or an event. */
function isTold({ kind }: Query, text: string): boolean {
  if (kind === "retention") return /"(count|size)":[1-9]/.test(text); // Its brackets are numbers.
  return /"(count|range)":-?[0-9.]*[1-9]|[[,]-?[0-9.]*[1-9]|"time"/.test(text);
}

/** Queries whose answers hang on the order of events of one time and name. */
function needsIds(query: Query): boolean {
  const { kind } = query.kind === "users" && query.of !== undefined ? query.of : query;
  return kind === "funnel" || kind === "flow";
}

async function check({ events, haveIds, queries, place }: OptionsCase): Promise<void> {
  const sent = haveIds
    ? events.map((event, index) => ({ insert_id: `n${index}`, ...event }))
    : events;
  const env = simulatedEnv({ seed: 1 });
  try {
    const project = await projectWith(env, sent, place);
    const reference = referenceStore({ clock: env.clock });
    await reference.append(sent);
    const facts = [
      ...eventFacts(sent),
      `rows ${place.layout}`,
      `shards: ${place.shards}`,
      `executors: ${place.executors}`,
    ];
    for (const query of queries) {
      const options = optionsOf(query);
      if (!haveIds && (needsIds(query) || options.has("cohort.funnel"))) continue;
      const answer = await told(project, query);
      const wanted = await told(reference, query);
      if (answer.text !== wanted.text) console.error(JSON.stringify({ query, place, sent }));
      expect(answer).toEqual(wanted);
      if (answer.hasPages) options.add(`${query.kind}.cursor`);
      count([...options, ...facts], isTold(query, answer.text));
    }
  } finally {
    env.endSimulation();
  }
}

const expected = [...optionNames, ...furtherNames];

afterAll(() => {
  const lines = expected.map((name) => {
    const { asked, told: notEmpty } = counts.get(name) ?? { asked: 0, told: 0 };
    return `${name.padEnd(48)} ${String(asked).padStart(6)} ${String(notEmpty).padStart(6)}`;
  });
  const head = `${"option".padEnd(48)}  cases  not empty`;
  const { user, system } = process.cpuUsage();
  const cost = `${Math.round((user + system) / 1e6)} s of CPU`;
  process.stdout.write(`${[head, ...lines, cost].join("\n")}\n`);
});

test(
  "every option is asked of engine and reference, and both say the same",
  async () => {
    await fc.assert(fc.asyncProperty(arbitraryCase, check), {
      numRuns: RUN_COUNT,
      seed: SEED,
      // What differs is said with its query and events: a smaller store tells no more.
      endOnFailure: true,
    });
    const scarce = expected.flatMap((name) => {
      const { asked = 0 } = counts.get(name) ?? {};
      return asked < CASE_COUNT_MIN ? [`${name}: ${asked}`] : [];
    });
    expect(scarce).toEqual([]);
    const mute = expected.filter((name) => (counts.get(name)?.told ?? 0) === 0);
    expect(mute).toEqual([]);
  },
  TIMEOUT_MS,
);

test("the table names every option of the contract, and no other", () => {
  expect([...optionNames].sort()).toEqual([...contractOptions()].sort());
});
