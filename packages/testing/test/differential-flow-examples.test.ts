import type { EventInput, FlowAnswer, FlowQuery } from "@shale/model";
import { referenceStore, simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { openEngine } from "./engine-process.test-support.ts";

/** The worked examples of the query semantics, section 4, asked of both implementations. */

const START_MS = Date.UTC(2026, 9, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** `A0 B10`: the event A at minute 0, B at minute 10; users stand apart by `|`. */
function eventsOf(text: string): EventInput[] {
  return text.split("|").flatMap((own, user) =>
    own
      .trim()
      .split(" ")
      .map((word): EventInput => {
        const [, event = "", at = "0"] = /^([A-Z]+)(-?[\d.]+)$/.exec(word) ?? [];
        const time = START_MS + Math.round(Number(at) * MINUTE_MS);
        return { event, user_id: `u${user}`, time, properties: { page: `/${at}` } };
      }),
  );
}

function flow(anchors: string, options: Partial<FlowQuery> = {}): FlowQuery {
  return {
    kind: "flow",
    from: START_MS,
    to: START_MS + DAY_MS,
    asOf: START_MS + 366 * DAY_MS,
    anchors: anchors.split(" ").map((event) => ({ event })),
    ...options,
  };
}

/** `0: A 4 -1 ~0` is a node with 1 drop-off and nothing pending, `0: A→B 3` an edge. */
function linesOf(answer: FlowAnswer): string[] {
  if (answer.mode === "paths") {
    const lines = answer.paths.map(({ labels, count }) => `${labels.join(" ")}: ${count}`);
    return [...lines, `other: ${answer.other}`];
  }
  const placeOf = ({ anchor, offset }: { anchor?: number; offset: number }): string =>
    anchor === undefined ? `${offset}` : `${anchor}/${offset}`;
  const nodes = answer.steps.flatMap((step) =>
    step.nodes.map(
      ({ label, count, dropOff, pending }) =>
        `${placeOf(step)}: ${label ?? "$"} ${count} -${dropOff} ~${pending}`,
    ),
  );
  const edges = answer.edges.map(
    (edge) => `${placeOf(edge)}: ${edge.from ?? "$"}→${edge.to ?? "$"} ${edge.count}`,
  );
  return [...nodes, ...edges];
}

interface Example {
  readonly name: string;
  readonly events: string;
  readonly query: FlowQuery;
  readonly lines: readonly string[];
}

const worked = "A0 B1 B2 C3 | A0 C1 | A0 D1 | A0";
const examples: readonly Example[] = [
  {
    name: "the rest of a step goes on as one node",
    events: worked,
    query: flow("A", { after: 2, topK: 1, collapseRepeats: true }),
    lines: [
      ...["0: A 4 -1 ~0", "1: B 1 -0 ~0", "1: $ 2 -2 ~0", "2: C 1 -0 ~0"],
      ...["0: A→B 1", "0: A→$ 2", "1: B→C 1"],
    ],
  },
  {
    name: "the rest of a step may go to what is shown",
    events: "A0 B1 D2 | A0 B1 D2 | A0 C1 D2 | A0 E1 F2",
    query: flow("A", { after: 2, topK: 1 }),
    lines: [
      ...["0: A 4 -0 ~0", "1: B 2 -0 ~0", "1: $ 2 -0 ~0", "2: D 3 -0 ~0", "2: $ 1 -0 ~0"],
      ...["0: A→B 2", "0: A→$ 2", "1: B→D 2", "1: $→D 1", "1: $→$ 1"],
    ],
  },
  {
    name: "without collapsing, repeats are steps",
    events: worked,
    query: flow("A", { after: 2, mode: "paths", paths: 2 }),
    lines: ["A: 1", "A B B: 1", "other: 2"],
  },
  {
    name: "users begin once, at their first anchor in the range",
    events: "A-5 B-4 A10 C11 A20 D21",
    query: flow("A", { after: 1, mode: "paths" }),
    lines: ["A C: 1", "other: 0"],
  },
  {
    name: "totals begin again after the flow before has ended",
    events: "A0 A1 B2 A3 C4 A5",
    query: flow("A", { after: 1, count: "totals", mode: "paths" }),
    lines: ["A: 1", "A A: 1", "A C: 1", "other: 0"],
  },
  {
    name: "a flow that does not go on ends with its window",
    events: "A0 A60 A60.5 B61 A122",
    query: flow("A", { after: 5, count: "totals", mode: "paths", window: "60m" }),
    lines: ["A: 1", "A A: 1", "A B: 1", "other: 0"],
  },
  {
    name: "repeats of the last step belong to a flow",
    events: "A0 A1 A2 B3 A4",
    query: flow("A", { after: 0, count: "totals", collapseRepeats: true }),
    lines: ["0: A 2 -0 ~0"],
  },
  {
    name: "repeats of the anchor are no steps before it",
    events: "B-9 C-8 A-3 A0 A1 D2 D3 E4",
    query: flow("A", { before: 1, after: 2, collapseRepeats: true, mode: "paths" }),
    lines: ["C A D E: 1", "other: 0"],
  },
  {
    name: "both ends of the window count",
    events: "X-61 B-60 A0 C60 Y61",
    query: flow("A", { before: 3, window: "60m", mode: "paths" }),
    lines: ["B A C: 1", "other: 0"],
  },
  {
    name: "an open window is pending, a closed one a drop-off",
    events: "A0 B1 | A0 | A30 B31",
    query: flow("A", { after: 2, window: "60m", asOf: START_MS + 61 * MINUTE_MS }),
    lines: ["0: A 3 -1 ~0", "1: B 2 -1 ~1", "0: A→B 2"],
  },
  {
    name: "hidden events are no anchors, and anchors are included",
    events: "A0 P1 B2 C3 | P0 B1",
    query: flow("A", {
      anchors: [{ event: ["A", "P"] }],
      hide: [{ event: "P" }],
      include: [{ event: "C" }],
      mode: "paths",
    }),
    lines: ["A C: 1", "other: 0"],
  },
  {
    name: "anchors have offsets of their own, and share what lies between",
    events: "A0 X1 B2 Y3 | A0 B1 | A0 X1",
    query: flow("A B", { before: 1, after: 2 }),
    lines: [
      ...["0/0: A 3 -0 ~0", "0/1: X 2 -1 ~0", "0/1: B 1 -1 ~0", "0/2: B 1 -0 ~0"],
      ...["1/-1: A 1 -0 ~0", "1/-1: X 1 -0 ~0", "1/0: B 2 -1 ~0", "1/1: Y 1 -1 ~0"],
      ...["0/0: A→X 2", "0/0: A→B 1", "0/1: X→B 1"],
      ...["1/-1: A→B 1", "1/-1: X→B 1", "1/0: B→Y 1"],
    ],
  },
  {
    name: "a path of two anchors leaves out what is far from both",
    events: "A0 B1 C2 D3 E4 F5 G6 H7",
    query: flow("A F", { before: 1, after: 1, mode: "paths" }),
    lines: ["A B E F G: 1", "other: 0"],
  },
  {
    name: "two anchors are two steps",
    events: "A0 A1 | A0",
    query: flow("A A", { after: 0 }),
    lines: ["0/0: A 2 -0 ~0", "1/0: A 1 -0 ~0"],
  },
  {
    name: "a session has one flow, and a user one in each",
    events: "A0 B10 A20 | A0 A40",
    query: flow("A", { count: "sessions", after: 1, mode: "paths" }),
    lines: ["A: 2", "A B: 1", "other: 0"],
  },
  {
    name: "hidden events keep a session open",
    events: "A0 P20 B40 | A0 B40",
    query: flow("A", { count: "sessions", hide: [{ event: "P" }], mode: "paths" }),
    lines: ["A: 1", "A B: 1", "other: 0"],
  },
  {
    name: "sessions belong where they began, wherever their anchors are",
    events: "X-5 A5 | X1435 A1445 B1450",
    query: flow("A", { count: "sessions", before: 1, mode: "paths" }),
    lines: ["X A B: 1", "other: 0"],
  },
  {
    name: "a local midnight may split a session",
    events: "X1435 A1445 B1450",
    query: flow("A", {
      to: START_MS + 2 * DAY_MS,
      count: "sessions",
      session: { splitAtMidnight: true },
      before: 1,
      mode: "paths",
    }),
    lines: ["A B: 1", "other: 0"],
  },
  {
    name: "a session that may go on is pending",
    events: "A0 B1 | A0 | A0 P10",
    query: flow("A", {
      count: "sessions",
      asOf: START_MS + 31 * MINUTE_MS,
      hide: [{ event: "P" }],
    }),
    lines: ["0: A 3 -1 ~1", "1: B 1 -0 ~1", "0: A→B 1"],
  },
  ...[0, 1].map((ms) => ({
    name: `a session is over at the midnight that splits it, and pending ${ms} ms before`,
    events: "A1435",
    query: flow("A", {
      count: "sessions",
      session: { splitAtMidnight: true },
      asOf: START_MS + DAY_MS - ms,
      after: 1,
    }),
    lines: [`0: A 1 -${1 - ms} ~${ms}`],
  })),
  {
    name: "a session lasts a day at most",
    events: "A0 B1440 A1440.001 C1441",
    query: flow("A", {
      to: START_MS + 2 * DAY_MS,
      count: "sessions",
      session: { timeout: "3d" },
      mode: "paths",
    }),
    lines: ["A B: 1", "A C: 1", "other: 0"],
  },
  {
    name: "a window may be shorter than a session",
    events: "A0 B5 C20",
    query: flow("A", { count: "sessions", window: "10m", mode: "paths" }),
    lines: ["A B: 1", "other: 0"],
  },
  {
    name: "labels name a value, and an anchor as the query does",
    events: "A0 B1",
    query: flow("A", { anchors: [{ event: "A", label: "start" }], groupBy: "page", mode: "paths" }),
    lines: ["start B = /1: 1", "other: 0"],
  },
  {
    name: "equal paths stand in the order of their labels",
    events: "A0 B1 | A0 | A0 C1 | A0 C1 | A0 B1 C2",
    query: flow("A", { mode: "paths", paths: 4 }),
    lines: ["A C: 2", "A: 1", "A B: 1", "A B C: 1", "other: 0"],
  },
];

describe("the reference", () => {
  test.each(examples)("$name", async ({ events, query, lines }) => {
    const reference = referenceStore();
    await reference.append(eventsOf(events));
    expect(linesOf(await reference.query(query))).toEqual(lines);
  });
});

describe("the engine", () => {
  test.each(examples)("$name", async ({ events, query, lines }) => {
    const env = simulatedEnv({ seed: 1, startMs: START_MS + 30 * DAY_MS });
    try {
      const { project } = await openEngine(env, { shards: 3 });
      await project.append(eventsOf(events));
      expect(linesOf(await project.query(query))).toEqual(lines);
    } finally {
      env.endSimulation();
    }
  });
});
