import { digestText } from "@shale/columns";
import type { DayFileEntry } from "@shale/format";
import { writerOrdinal } from "@shale/model";
import { expect, test } from "vitest";
import type { EntryShape } from "../../../compaction/test/entry-of.ts";
import { entryOf } from "../../../compaction/test/entry-of.ts";
import { addFooters, canFootersAnswer } from "./footer-sums.ts";
import type { UnitSums } from "./unit-sums.ts";

function answers(files: readonly DayFileEntry[], newestTombstone = 0): boolean {
  return canFootersAnswer({ files, tail: [] }, newestTombstone);
}

const file = (
  shape: Partial<EntryShape> & { readonly clientRows?: number } = {},
): DayFileEntry => ({
  ...entryOf(shape),
  clientRows: shape.clientRows ?? 0,
});

test("manifests answer for one whole file, and not while its rows may be hidden or repeated", () => {
  expect(answers([file({ clientRows: 5 })])).toBe(true);
  expect(answers([file({ tombstone: 3 })], 3)).toBe(true);
  expect(answers([file({ tombstone: 2 })], 3)).toBe(false);
  expect(answers([file({ distinct: false })])).toBe(false);
  expect(answers([file({ generations: [0, 1] })])).toBe(false);
  const tail = [{ writer: writerOrdinal(1), n: 4, rows: 1 }];
  expect(canFootersAnswer({ files: [file()], tail }, 0)).toBe(false);
});

test("manifests answer for files of disjoint users, whatever their generations", () => {
  const pair = [file({ places: [0, 9], clientRows: 1 }), file({ places: [10, 20], clientRows: 1 })];
  expect(answers(pair)).toBe(true);
  expect(answers([...pair, file({ places: [20, 30] })])).toBe(false);
  expect(answers([...pair, file({ places: [5, 15], generations: [1] })])).toBe(true);
});

test("files that share users need a generation each, and client rows in one of them at most", () => {
  const old = (clientRows: number) => file({ clientRows });
  const fresh = (clientRows: number) => file({ clientRows, generations: [1] });
  expect(answers([old(0), fresh(0)])).toBe(true);
  expect(answers([old(7), fresh(0)])).toBe(true);
  expect(answers([old(7), fresh(7)])).toBe(false);
  expect(answers([old(0), old(0)])).toBe(false); // A user in both would count twice.
});

test("what manifests say adds up by generation", () => {
  const sums: UnitSums = new Map();
  const one = file({ rows: 3 });
  const digest = `${"0".repeat(31)}5`;
  const withDigest = { ...one, generations: [{ generation: 0, rows: 3, digest }] };
  addFooters(sums, {
    files: [withDigest, withDigest, file({ rows: 4, generations: [1] })],
    tail: [],
  });
  expect([...sums].map(([generation, { events, users }]) => [generation, events, users])).toEqual([
    [0, 6, 2],
    [1, 4, 1],
  ]);
  expect(digestText(sums.get(0)!.digest)).toBe(`${"0".repeat(31)}a`);
});
