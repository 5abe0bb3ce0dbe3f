import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryRoots } from "../test/temporary-folder.ts";
import { filesystemStore } from "./filesystem/filesystem-store.ts";
import { memoryStore } from "./memory/memory-store.ts";
import type { ObjectStore, PutOutcome } from "./object-store.ts";
import { listAll } from "./object-store.ts";

const freshRoot = temporaryRoots();
const { SHALE_TEST_LONG } = process.env;
const numRuns = SHALE_TEST_LONG === "1" ? 2_000 : 60;

const key = fc.constantFrom("a-b", "a.b", "a/b-c", "a/b/c", "a/b0", "a0", "aa/b", "b");
/** Any key, end of a key or text between keys. */
const text = fc.oneof(key, fc.constantFrom("", "a", "a/", "a/b", "a/b/", "b/", "c"));
const content = fc.uint8Array({ maxLength: 4 });
/** Which of the versions seen so far a condition names, counted from the newest. */
const versionAge = fc.nat(3);

type Step =
  | { readonly do: "create"; readonly key: string; readonly bytes: Uint8Array }
  | { readonly do: "write"; readonly key: string; readonly bytes: Uint8Array }
  | {
      readonly do: "replace";
      readonly key: string;
      readonly bytes: Uint8Array;
      readonly age: number;
    }
  | { readonly do: "delete"; readonly key: string; readonly age: number | undefined }
  | { readonly do: "get"; readonly key: string; readonly offset: number; readonly length: number }
  | {
      readonly do: "list";
      readonly prefix: string;
      readonly after: string | undefined;
      readonly limit: number;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("create" as const), key, bytes: content }),
  fc.record({ do: fc.constant("write" as const), key, bytes: content }),
  fc.record({ do: fc.constant("replace" as const), key, bytes: content, age: versionAge }),
  fc.record({
    do: fc.constant("delete" as const),
    key,
    age: fc.option(versionAge, { nil: undefined }),
  }),
  fc.record({ do: fc.constant("get" as const), key, offset: fc.nat(5), length: fc.nat(5) }),
  fc.record({
    do: fc.constant("list" as const),
    prefix: text.filter((prefix) => prefix !== "b/"),
    after: fc.option(text, { nil: undefined }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
);

/** Takes the steps on a store and writes down every answer, versions by their order of creation. */
async function answersOf(store: ObjectStore, steps: readonly Step[]): Promise<unknown[]> {
  const versions: string[] = [];
  const ordinalOf = (version: string): number => versions.indexOf(version);
  function noted(outcome: PutOutcome): unknown {
    if (!outcome.written) return outcome;
    expect(versions).not.toContain(outcome.version);
    versions.push(outcome.version);
    return { written: true };
  }
  const aged = (age: number): string => versions.at(-1 - age) ?? "none";
  const answers: unknown[] = [];
  for (const at of steps) {
    if (at.do === "create") {
      answers.push(noted(await store.put(at.key, at.bytes, { ifAbsent: true })));
    } else if (at.do === "write") {
      answers.push(noted(await store.put(at.key, at.bytes, { always: true })));
    } else if (at.do === "replace") {
      answers.push(noted(await store.put(at.key, at.bytes, { ifVersion: aged(at.age) })));
    } else if (at.do === "delete") {
      const ifVersion = at.age === undefined ? undefined : aged(at.age);
      answers.push(await store.delete(at.key, { ifVersion }));
    } else if (at.do === "get") {
      const object = await store.get(at.key, { range: { offset: at.offset, length: at.length } });
      answers.push(object && { ...object, version: ordinalOf(object.version) });
    } else {
      const page = await store.list(at.prefix, { after: at.after, limit: at.limit });
      const shown = page.entries.map(({ key, size, version }) => [key, size, ordinalOf(version)]);
      answers.push([shown, page.truncated]);
    }
  }
  for await (const entry of listAll(store, "", { limit: 3 })) {
    answers.push([entry.key, entry.size, ordinalOf(entry.version)]);
  }
  return answers;
}

const longTest = { timeout: 900_000 };

test("memory and filesystem store give the same answers", longTest, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const expected = await answersOf(memoryStore(), steps);
      expect(await answersOf(filesystemStore(freshRoot()), steps)).toEqual(expected);
    }),
    { numRuns },
  );
});
