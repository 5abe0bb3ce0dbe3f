import type { Project } from "@shale/engine";
import type { Query, StoredEvent, TimelineQuery, UsersAnswer, UsersQuery } from "@shale/model";
import type { ReferenceStore } from "../reference/reference-store.ts";

export interface QuestionOptions {
  /** The state that is asked; default: the present one. */
  readonly snapshot?: string | undefined;
  /** The sharding spec that is asked, of a project only; default: the live one. */
  readonly spec?: string | undefined;
}
/** What a project and a reference can both be asked. */
export type Asked = Pick<ReferenceStore, "query" | "events"> | Pick<Project, "query" | "events">;

export interface Reading {
  /** Names the state of all these answers. */
  readonly snapshot: string;
  /** Every event of it. */
  readonly events: readonly StoredEvent[];
  /** The other answers as JSON, without `meta` and cursors; none of a reading of events alone. */
  readonly answers: readonly string[];
}

/**
 * Asks everything of one state: the first question without a snapshot, all others with that of its
 * answer.
 */
export async function readAnswers(
  asked: Asked,
  queries: readonly Query[],
  options: QuestionOptions = {},
): Promise<Reading> {
  const probe = await asked.query(EVERYTHING, options);
  const { snapshot } = probe.meta;
  const events = await readAll(asked.events({ snapshot }));
  const answers = [JSON.stringify({ ...probe, meta: undefined })];
  for (const query of queries) answers.push(await readAnswer(asked, query, snapshot));
  return { snapshot, events, answers };
}

/** The events alone of one state, which a question about a day without events names. */
export async function readEvents(asked: Asked, options: QuestionOptions = {}): Promise<Reading> {
  const probe = await asked.query(NOTHING, options);
  const { snapshot } = probe.meta;
  return { snapshot, events: await readAll(asked.events({ snapshot })), answers: [] };
}

const NOTHING: Query & { readonly kind: "segmentation" } = {
  kind: "segmentation",
  from: "1999-01-01",
  to: "1999-01-02",
  unit: "day",
  series: [{ select: {}, measure: "total" }],
};

/** Counts every event there is by append; what does not come of an append stands apart. */
const EVERYTHING: Query & { readonly kind: "segmentation" } = {
  kind: "segmentation",
  from: "2025-10-01",
  to: "2025-12-01",
  unit: "week",
  by: ["append"],
  limit: 100,
  series: [
    { select: {}, measure: "total" },
    { select: {}, measure: "unique" },
  ],
};

export async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function readAnswer(asked: Asked, query: Query, snapshot: string): Promise<string> {
  if (query.kind === "timeline") {
    return JSON.stringify(await readTimeline(asked, query, snapshot));
  }
  if (query.kind === "users") return JSON.stringify(await readUsers(asked, query, snapshot));
  // The kind is one of those that the reference answers too: the rest is refused by it.
  const { meta: _meta, ...answer } = await asked.query(query, { snapshot });
  return JSON.stringify(answer);
}

/** Every page of a list of users. */
async function readUsers(
  asked: Asked,
  query: UsersQuery,
  snapshot: string,
): Promise<readonly Pick<UsersAnswer, "total" | "users">[]> {
  const pages: Pick<UsersAnswer, "total" | "users">[] = [];
  let page = await asked.query(query, { snapshot });
  for (;;) {
    pages.push({ total: page.total, users: page.users });
    if (page.cursor === null) return pages;
    page = await asked.query({ ...query, cursor: page.cursor });
  }
}

/** Every page of a timeline, with the length of each. */
async function readTimeline(
  asked: Asked,
  query: TimelineQuery,
  snapshot: string,
): Promise<{ readonly pages: readonly number[]; readonly events: readonly StoredEvent[] }> {
  const pages: number[] = [];
  const events: StoredEvent[] = [];
  let page = await asked.query(query, { snapshot });
  for (;;) {
    pages.push(page.events.length);
    events.push(...page.events);
    if (page.cursor === null) return { pages, events };
    page = await asked.query({ ...query, cursor: page.cursor });
  }
}
