import { dayText } from "@shale/model";
import type { PlannedPass } from "@shale/query";
import { explainQuery, parseQuery, snapshotOf } from "@shale/query";
import { runWithPin } from "@shale/scan";
import type { QueryOptions, QueryPlan, QueryPlanPass } from "../../store.ts";
import type { ProjectParts } from "../project-parts.ts";
import { pinsOf } from "./take-pin.ts";

/** Plans a query at one pin, as it would be answered there. */
export async function explainPlan(
  parts: ProjectParts,
  query: unknown,
  { spec, signal, ...options }: Pick<QueryOptions, "spec" | "snapshot" | "signal">,
): Promise<QueryPlan> {
  const { env, cache } = parts;
  const parsed = parseQuery(query);
  const snapshot = snapshotOf(parsed) ?? options.snapshot;
  const passes = await runWithPin(pinsOf(parts, { spec, snapshot, signal }), (pin) =>
    explainQuery(env, { pin, parsed, nowMs: env.clock.nowMs(), cache, signal }),
  );
  return { kind: parsed.kind, passes: passes.map(passOf) };
}

function passOf({ phase, fromMs, toMs, columns, plan }: PlannedPass): QueryPlanPass {
  const { tailObjects, tailRows, memoryRows, pruned } = plan;
  const days = plan.days.map(({ day, ...one }) => ({ ...one, day: dayText(day) }));
  const sumOf = (numberOf: (day: (typeof days)[number]) => number): number =>
    days.reduce((sum, day) => sum + numberOf(day), 0);
  return {
    phase,
    from: fromMs === null ? null : new Date(fromMs).toISOString(),
    to: toMs === null ? null : new Date(toMs).toISOString(),
    columns,
    days,
    files: sumOf(({ files }) => files),
    rows: sumOf(({ rows }) => rows),
    bytes: sumOf(({ bytes }) => bytes),
    tailObjects,
    tailRows,
    memoryRows,
    pruned: { ...pruned },
  };
}
