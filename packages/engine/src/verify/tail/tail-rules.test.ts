import type { CatalogDocument, TailHeader } from "@shale/format";
import { projectId, specNameOf, tailNumber, type WriterOrdinal } from "@shale/model";
import { describe, expect, test } from "vitest";
import type { GroupView } from "../group-view.ts";
import type { TailFacts } from "./check-tail-object.ts";
import { neededObjectsOf, tailFindingsOf, tailRowsOf, type WriterTail } from "./tail-rules.ts";

const spec = specNameOf(0);
const writer = 1 as WriterOrdinal;
const project = projectId("shop");
const registered = { ordinal: writer };
const catalog = {
  ...{ project, live: spec, fed: [spec], behind: [], cuts: [], retired: [] },
  writers: [registered],
} as unknown as CatalogDocument;
const retiredCatalog = {
  ...catalog,
  writers: [],
  retired: [{ from: writer, to: writer }],
} as unknown as CatalogDocument;

/** A group whose watermark of the writer is object n, which ends at seq 10 n. */
function groupAt(n: number | "infinite" | "none", group = 0): GroupView {
  const watermarks = {
    positions: typeof n === "number" ? { "1": { n, lastSeq: 10 * n } } : {},
    infinite: n === "infinite" ? [{ from: writer, to: writer }] : [],
  };
  const manifest = n === "none" ? undefined : ({ watermarks } as never);
  return { spec, shards: 128, group, manifest, entries: [], isWhole: true };
}

/** Object n has 10 rows up to seq 10 n, five of each group. */
function objectOf(n: number, header: Partial<TailHeader> = {}): TailFacts {
  return {
    key: `key-${n}`,
    writer,
    n,
    header: {
      ...{ writer, n: tailNumber(n), nonce: "", firstSeq: 10 * n - 9, lastSeq: 10 * n },
      ...{ rowCount: 10, clientInsertIds: 0, minTimeMs: 0, maxTimeMs: 0, sealed: false },
      ...header,
    },
    rowsByGroup: new Map([
      [0, 5],
      [1, 5],
    ]),
  };
}
function tailOf(...objects: TailFacts[]): WriterTail {
  return { writer, listed: objects.map(({ n }) => n), objects };
}
const viewOf = (...groups: GroupView[]) => ({ project, catalog, groups });

describe("neededObjectsOf()", () => {
  const needed = (listed: readonly number[], ...groups: GroupView[]) =>
    neededObjectsOf({ writer, listed }, viewOf(...groups));

  test("wants what lies above the lowest watermark, up to the highest object", () => {
    expect(needed([4, 5], groupAt(3))).toEqual([]);
    expect(needed([3, 5, 8], groupAt(3))).toEqual([4, 6, 7]);
    expect(needed([5], groupAt(3), groupAt(1, 1))).toEqual([2, 3, 4]);
    expect(needed([2], groupAt("none"))).toEqual([1]);
  });

  test("wants what the highest watermark names, and the last of a writer", () => {
    expect(needed([2], groupAt(4), groupAt(1, 1))).toEqual([3, 4]);
    expect(needed([], groupAt(3))).toEqual([3]);
    expect(needed([3], groupAt(3))).toEqual([]);
    expect(needed([], groupAt("none"))).toEqual([]);
  });

  test("wants nothing of retired writers, nor where nothing is known", () => {
    expect(needed([5], groupAt("infinite"))).toEqual([]);
    const gone = { project, catalog: retiredCatalog, groups: [groupAt(1)] };
    expect(neededObjectsOf({ writer, listed: [5] }, gone)).toEqual([]);
    const unknown = { ...groupAt("none"), isWhole: false };
    expect(needed([5], unknown)).toEqual([]);
  });

  test("does not count up to a watermark that is absurd", () => {
    expect(needed([2], groupAt(2 ** 50), groupAt(1, 1)).length).toBeLessThanOrEqual(1_000);
  });
});

describe("tailFindingsOf()", () => {
  const codesOf = (tail: WriterTail, view = viewOf(groupAt(1))) =>
    tailFindingsOf(tail, view).map(({ code, object }) => [code, object]);

  test("finds nothing where objects follow each other, with an idle one and a seal", () => {
    const empty = { firstSeq: 21, lastSeq: 20, rowCount: 0 };
    const tail = tailOf(
      objectOf(1),
      objectOf(2),
      objectOf(3, empty),
      objectOf(4, { ...empty, sealed: true }),
    );
    expect(codesOf(tail)).toEqual([]);
  });

  test("finds seqs that do not rise, and what stands behind a seal", () => {
    expect(codesOf(tailOf(objectOf(1), objectOf(2, { firstSeq: 10 })))).toEqual([
      ["TAIL_ORDER", "key-2"],
    ]);
    expect(codesOf(tailOf(objectOf(1, { sealed: true }), objectOf(2)))).toEqual([
      ["TAIL_ORDER", "key-2"],
    ]);
  });

  test("finds a watermark that names another seq than its object's last", () => {
    expect(codesOf(tailOf(objectOf(1, { lastSeq: 9 }), objectOf(2)))).toEqual([
      ["WATERMARK_WRONG", "key-1"],
    ]);
  });

  test("finds rows that nobody reads: of unknown writers, and of those that retired too early", () => {
    const unknown = { ...catalog, writers: [] } as unknown as CatalogDocument;
    const groups = [groupAt(1), groupAt("infinite", 1)];
    const key = "shop/tail/0000000000000001/000000000000000";
    expect(codesOf(tailOf(objectOf(1)), { project, catalog: unknown, groups })).toEqual([
      ["TAIL_UNREAD", `${key}1`],
    ]);
    const retired = { project, catalog: retiredCatalog, groups };
    expect(codesOf(tailOf(objectOf(1), objectOf(2)), retired)).toEqual([
      ["TAIL_UNREAD", `${key}2`],
    ]);
    expect(codesOf(tailOf(objectOf(1)), retired)).toEqual([]);
  });
});

describe("tailRowsOf()", () => {
  test("counts the rows of each group above its own watermark", () => {
    const tails = [tailOf(objectOf(1), objectOf(2), objectOf(3))];
    expect(tailRowsOf(tails, viewOf(groupAt("none"), groupAt("none", 1)))).toBe(30);
    expect(tailRowsOf(tails, viewOf(groupAt(1), groupAt(3, 1)))).toBe(10);
    expect(tailRowsOf(tails, viewOf(groupAt("infinite"), groupAt("infinite", 1)))).toBe(0);
  });
});
