import type { StoredEvent } from "@shale/model";
import { expect, test } from "vitest";
import { answersOf, exportOf, openEngine, plainQueries } from "./engine-process.test-support.ts";
import {
  attempt,
  expectedFor,
  prepareDeadWriter,
  STRIKE_TIMEOUT_MS,
  scenario,
  strike,
} from "./fault-scenario.test-support.ts";

test(
  "takeover: every operation of recovering a dead writer's log fails once",
  () =>
    strike(
      scenario(
        "takeover",
        async (env) => {
          const engine = await openEngine(env);
          await engine.store.close();
        },
        prepareDeadWriter,
      ),
    ),
  STRIKE_TIMEOUT_MS,
);

async function* noEvents(): AsyncGenerator<StoredEvent> {}

test(
  "query: a read that fails is an error or the right answer, never a wrong one",
  () =>
    strike(
      scenario(
        "query",
        async (env) => {
          const { project } = await openEngine(env, { readOnly: true });
          const expected = await expectedFor(["a"]);
          for (const query of plainQueries) {
            await attempt(async () => {
              const [, answer] = await answersOf({ ...project, events: noEvents }, [query]);
              expect(answer).toEqual(expected[1 + plainQueries.indexOf(query)]);
            });
          }
          await attempt(async () => expect(await exportOf(project)).toEqual(expected[0]));
        },
        prepareDeadWriter,
      ),
    ),
  STRIKE_TIMEOUT_MS,
);
