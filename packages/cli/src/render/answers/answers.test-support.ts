import type {
  AnswerMeta,
  FlowAnswer,
  FunnelAnswer,
  FunnelAnswerStep,
  LifecycleAnswer,
  RetentionAnswer,
  RetentionCohort,
  StickinessAnswer,
  UsersAnswer,
} from "@shale/model";

/** Noon of the fourth of ten days. */
export const meta: AnswerMeta = {
  asOf: "2026-10-04T12:00:00.000Z",
  spec: "A",
  snapshot: "s",
  timezone: "UTC",
  stats: {
    filesPlanned: 1,
    filesPruned: 0,
    filesFromFooter: 0,
    rowsScanned: 1,
    bytesRead: { memory: 0, disk: 0, store: 1 },
    shards: 8,
    retries: 0,
    skipped: 0,
    tieOverflow: 0,
    historyFrom: "2026-10-01",
    elapsedMs: 2,
  },
};

const days = Array.from({ length: 10 }, (_, day) => `2026-10-${String(day + 1).padStart(2, "0")}`);

function step(label: string, count: number, first: number, previous: number): FunnelAnswerStep {
  const rates = {
    fromFirst: first === 0 ? null : count / first,
    fromPrevious: previous === 0 ? null : count / previous,
  };
  const begun = { label, count, ...rates, pending: count === first ? 0 : 3 };
  if (label === "view") return begun;
  const ms = count === 0 ? null : 540_000;
  const time = { avg: ms, median: ms, p90: ms === null ? null : ms * 20 };
  return { ...begun, timeFromPreviousMs: time, timeFromFirstMs: time };
}

function steps(...counts: readonly [number, number, number]): FunnelAnswerStep[] {
  const [view, add, buy] = counts;
  return [
    step("view", view, view, view),
    step("add to basket 日本", add, view, view),
    step("purchase", buy, view, add),
  ];
}

export const funnel: FunnelAnswer = {
  kind: "funnel",
  order: "ordered",
  steps: steps(12_345, 4_321, 99),
  meta,
};
export const brokenFunnel: FunnelAnswer = {
  ...funnel,
  segments: [
    { by: ["IN"], steps: steps(10_000, 4_000, 90) },
    { by: [null], steps: steps(2_000, 321, 0) },
    { by: [], other: true, steps: steps(345, 0, 0) },
  ],
  trendMode: "byEntry",
  trend: days.slice(0, 3).map((interval, day) => ({ interval, steps: steps(day * 50, 7, day) })),
};

/** Days that have passed are complete; those that have begun are not; the others hold nothing. */
function cohortOf(day: number): RetentionCohort {
  const buckets = [0.8, 0.5, 0.261, 0.001, 0].map((rate, bucket) => {
    const isBegun = day + bucket <= 3;
    const count = isBegun ? Math.round(rate * 1_000) : 0;
    return { count, rate: count / 1_000, complete: day + bucket + 1 <= 3 };
  });
  return { interval: days[day] ?? "", size: 1_000, buckets };
}

const cohorts = [
  ...[0, 1, 2, 3].map(cohortOf),
  {
    interval: "2026-10-05",
    size: 0,
    buckets: Array.from({ length: 5 }, () => ({ count: 0, rate: null, complete: false })),
  },
];
const average = [{ rate: 1 }, { rate: 0.996 }, { rate: 0.261 }, { rate: 0.001 }, { rate: null }];
export const retention: RetentionAnswer = {
  kind: "retention",
  mode: "on",
  clock: "calendar",
  brackets: [
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 10],
  ],
  cohorts,
  average,
  meta,
};
export const brokenRetention: RetentionAnswer = {
  ...retention,
  mode: "onOrAfter",
  segments: [
    { by: ["a country with quite a long name 日本"], cohorts, average },
    { by: [10], cohorts: [], average: [] },
    { by: [], other: true, cohorts, average },
  ],
};

export const flow: FlowAnswer = {
  kind: "flow",
  mode: "graph",
  steps: [
    {
      offset: -1,
      nodes: [
        { label: "home", count: 3_000, dropOff: 0, pending: 0 },
        { label: null, other: true, count: 1_000, dropOff: 0, pending: 0 },
      ],
    },
    { offset: 0, nodes: [{ label: "view", count: 4_321, dropOff: 1_300, pending: 21 }] },
    {
      offset: 1,
      nodes: [
        { label: "a page with quite a long name 日本語", count: 2_000, dropOff: 0, pending: 0 },
        { label: null, other: true, count: 1_000, dropOff: 0, pending: 0 },
      ],
    },
  ],
  edges: [
    { offset: -1, from: "home", to: "view", count: 3_000 },
    { offset: -1, from: null, to: "view", count: 1_000 },
    { offset: 0, from: "view", to: "a page with quite a long name 日本語", count: 2_000 },
    { offset: 0, from: "view", to: null, count: 1_000 },
  ],
  meta,
};
export const twoAnchors: FlowAnswer = {
  ...flow,
  steps: [
    {
      anchor: 0,
      offset: 0,
      nodes: [
        { label: "view page=/", count: 3, dropOff: 0, pending: 0 },
        { label: "view page=/sale", count: 1, dropOff: 1, pending: 0 },
      ],
    },
    { anchor: 0, offset: 1, nodes: [{ label: "add", count: 3, dropOff: 0, pending: 0 }] },
    { anchor: 1, offset: -1, nodes: [] },
    { anchor: 1, offset: 0, nodes: [{ label: "buy", count: 2, dropOff: 0, pending: 0 }] },
  ],
  edges: [{ anchor: 0, offset: 0, from: "view page=/", to: "add", count: 3 }],
};
export const paths: FlowAnswer = {
  kind: "flow",
  mode: "paths",
  paths: [
    {
      labels: ["home", "view", "add to basket", "a page with a long name", "purchase"],
      count: 900,
    },
    { labels: ["view"], count: 90 },
  ],
  other: 10,
  meta,
};

export const lifecycle: LifecycleAnswer = {
  kind: "lifecycle",
  intervals: days,
  new: [20, 10, 5, 5, 0, 0, 0, 1, 2, 3],
  returning: [0, 15, 20, 18, 12, 10, 8, 6, 5, 5],
  resurrecting: [0, 0, 2, 4, 8, 4, 2, 1, 0, 0],
  dormant: [0, 5, 5, 7, 15, 12, 6, 4, 2, 0],
  meta,
};
export const stickiness: StickinessAnswer = {
  kind: "stickiness",
  intervalCount: 4,
  users: [3_100, 12, 0, 5],
  meta,
};
export const users: UsersAnswer = {
  kind: "users",
  users: [
    { user_id: "user-17" },
    { user_id: "ユーザー" },
    { user_id: "an-id-that-is-longer-than-a-narrow-terminal-0123456789" },
    { user_id: "evil\u001b[2J" },
  ],
  total: 1_234,
  cursor: "WzEsIm4xeXBZclRnTWp6UEM5enEi",
  meta,
};
