import type { Query, QueryOf, UsersQuery } from "@shale/model";
import { DAY_MS, unreachable } from "@shale/model";
import type * as FastCheck from "fast-check";
import { funnelOf } from "../reference/funnel/reference-funnel.ts";
import { lifecycleOf, stickinessOf } from "../reference/reference-activity.ts";
import { retentionOf } from "../reference/reference-retention.ts";
import { segmentationOf } from "../reference/reference-segmentation.ts";
import { arbitraryCohort } from "./arbitrary-cohort.ts";
import type { Vocabulary } from "./event-vocabulary.ts";
import { numbers, texts } from "./event-vocabulary.ts";
import type { Check } from "./query-parts.ts";
import { arbitraryRange, TIMEZONES, withoutUndefined } from "./query-parts.ts";

/** Who is in a cohort. */
export function arbitraryMembers(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<UsersQuery> {
  return fc
    .record({
      kind: fc.constant("users" as const),
      cohort: arbitraryCohort(fc, vocabulary),
      range: fc.option(arbitraryRange(fc, vocabulary, 10 * DAY_MS), { nil: undefined }),
      timezone: fc.constantFrom(undefined, ...TIMEZONES),
      asOf: fc
        .integer({ min: 0, max: (vocabulary.days + 1) * DAY_MS })
        .map((ms) => vocabulary.startMs + ms),
      limit: fc.constantFrom(undefined, 1, 2, 7),
    })
    .map(({ range, ...query }) => withoutUndefined({ ...query, ...range }));
}

/** Queries whose numbers have users behind them. */
export type CountingQuery = QueryOf[
  | "segmentation"
  | "funnel"
  | "retention"
  | "flow"
  | "lifecycle"
  | "stickiness"];

/** The users behind some number of a query. */
export function arbitraryUsersOf(
  fc: Check,
  vocabulary: Vocabulary,
  query: FastCheck.Arbitrary<CountingQuery>,
): FastCheck.Arbitrary<UsersQuery> {
  return query.chain((of) =>
    fc
      .record({
        kind: fc.constant("users" as const),
        of: fc.constant<Query>(of),
        cell: arbitraryCell(fc, vocabulary, of),
        limit: fc.constantFrom(undefined, 1, 2, 7),
      })
      .map(withoutUndefined),
  );
}

type Cell = NonNullable<UsersQuery["cell"]>;

function arbitraryCell(
  fc: Check,
  vocabulary: Vocabulary,
  of: CountingQuery,
): FastCheck.Arbitrary<Cell> {
  const maybe = <T>(arbitrary: FastCheck.Arbitrary<T>): FastCheck.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined, freq: 2 });
  const keys = "by" in of && of.by !== undefined ? of.by.length : 0;
  const value = fc.constantFrom(null, true, false, ...texts, ...numbers, ...vocabulary.userIds);
  const values = fc.array(value, { minLength: keys, maxLength: keys });
  const place: FastCheck.Arbitrary<Cell> =
    keys === 0
      ? fc.constant({})
      : fc.oneof(
          fc.constant({}),
          values.map((segment) => ({ segment })),
          fc.constant({ other: true }),
        );
  switch (of.kind) {
    case "retention": {
      const { cohorts, brackets } = retentionOf([], of, 0);
      const interval = fc.constantFrom(...cohorts.map((cohort) => cohort.interval));
      const bucket = maybe(fc.nat(brackets.length - 1));
      return withPlace(fc, place, fc.record({ interval, bucket }));
    }
    case "funnel": {
      const labels = funnelOf([], of, 0).trend?.map(({ interval }) => interval) ?? [];
      const chosen: FastCheck.Arbitrary<Cell> =
        labels.length === 0
          ? place
          : fc.oneof(
              place,
              fc.constantFrom(...labels).map((interval) => ({ interval })),
            );
      const step = fc.integer({ min: 1, max: of.steps.length });
      const outcome = fc.constantFrom(undefined, "reached", "dropped", "pending");
      return withPlace(fc, chosen, fc.record({ step, outcome }));
    }
    case "segmentation": {
      const { intervals } = segmentationOf([], of);
      const series = maybe(fc.nat(of.series.length - 1));
      const interval = maybe(fc.constantFrom(...intervals));
      return withPlace(fc, place, fc.record({ series, interval }));
    }
    case "flow": {
      const { anchors, before = 0, after = 3 } = of;
      if (of.mode === "paths") return arbitraryPath(fc, vocabulary, of);
      const anchor = maybe(fc.nat(anchors.length - 1));
      const offset = fc.integer({ min: 0 - before, max: after });
      const names = [...vocabulary.names, ...anchors.map(({ label }) => label ?? "view")];
      const label = fc.constantFrom(...names).map((one): Cell => ({ label: one }));
      const node = fc.oneof(fc.constant<Cell>({}), label, fc.constant<Cell>({ other: true }));
      const outcome = fc.constantFrom(undefined, "reached", "dropped", "pending");
      return withPlace(fc, node, fc.record({ anchor, offset, outcome }));
    }
    case "lifecycle": {
      const interval = fc.constantFrom(...lifecycleOf([], of).intervals);
      const label = fc.constantFrom("new", "returning", "resurrecting", "dormant");
      return fc.record({ interval, label });
    }
    case "stickiness":
      return fc.record({ bucket: fc.integer({ min: 1, max: stickinessOf([], of).intervalCount }) });
    default:
      return unreachable(of);
  }
}

/** A cell and where it is: a segment, a label, the rest, or nothing of the kind. */
function withPlace<Part extends object>(
  fc: Check,
  place: FastCheck.Arbitrary<Cell>,
  part: FastCheck.Arbitrary<Part>,
): FastCheck.Arbitrary<Cell> {
  return fc.tuple(part, place).map(([own, chosen]) => withoutUndefined({ ...own, ...chosen }));
}

/** The rest, or a path of few steps. */
function arbitraryPath(
  fc: Check,
  vocabulary: Vocabulary,
  { anchors, before = 0, after = 3 }: QueryOf["flow"],
): FastCheck.Arbitrary<Cell> {
  const name = fc.constantFrom(...vocabulary.names);
  const own = anchors.map(({ label }) => label ?? "view");
  const maxLength = Math.min(3, anchors.length * (before + 1 + after));
  return fc.oneof(
    fc.constant<Cell>({ other: true }),
    fc.constantFrom(...own, ...vocabulary.names).map((label) => ({ labels: [label] })),
    fc.array(name, { minLength: 1, maxLength }).map((labels) => ({ labels })),
  );
}
