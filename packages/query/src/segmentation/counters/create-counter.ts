import { unreachable } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import type { ParsedInner, ParsedMeasure } from "../../parse/segmentation/parsed-measure.ts";
import type { RowSessions } from "../../sessions/track-sessions.ts";
import { createCellTable } from "../cells/cell-table.ts";
import { createCountCells } from "../cells/count-cells.ts";
import { addsUp, createFoldCells } from "../measure-rules.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import { createSlotMarks } from "../user-marks.ts";
import { countEvents } from "./count-events.ts";
import { createUserNumbers } from "./count-per-user.ts";
import { countSessions } from "./count-sessions.ts";
import type { UserRule } from "./count-users.ts";
import { countUsers, firstSeenRule, uniqueRule } from "./count-users.ts";
import type { Counter } from "./counter.ts";
import { createCounter } from "./counter.ts";
import { createRowValues } from "./row-values.ts";
import type { SlotPlan } from "./slot-plan.ts";
import { eachPlace } from "./slotted-rows.ts";

export interface CounterOptions {
  readonly measure: ParsedMeasure;
  readonly plan: SlotPlan;
  readonly intervalCount: number;
  readonly keepsAll: boolean;
  readonly budget: MemoryBudget;
  /** For active users: see `planActiveDays`. */
  readonly activeRule: UserRule | undefined;
  /** For sessions; of one batch as often as asked. */
  readonly sessionsOf: (batch: ScanBatch) => RowSessions;
}

export function counterOf(options: CounterOptions): Counter {
  const { measure } = options;
  switch (measure.kind) {
    case "total":
      return eventCounter(options);
    case "unique":
      return userCounter(options, uniqueRule);
    case "cumulativeUnique":
      return userCounter(options, firstSeenRule);
    case "active":
      return userCounter(options, options.activeRule ?? uniqueRule);
    case "sessions":
      return sessionCounter(options);
    case "property":
    case "distinct":
      return valueCounter(options, measure);
    case "perUser":
      return perUserCounter(options, measure);
    default:
      return unreachable(measure);
  }
}

function eventCounter(options: CounterOptions): Counter {
  const aggregate = createCountCells(options);
  const table = createCellTable({ ...options, addsUp: true, aggregate });
  return createCounter({
    plan: options.plan,
    table,
    count: (rows) => countEvents(rows, table, aggregate),
    addCount: (interval, count) => aggregate.add(table.stride === 1 ? 0 : interval, count),
  });
}

function userCounter(options: CounterOptions, rule: UserRule): Counter {
  const aggregate = createCountCells(options);
  const table = createCellTable({ ...options, addsUp: false, aggregate });
  const users = createSlotMarks(options.budget);
  return createCounter({
    plan: options.plan,
    table,
    count: (rows) => countUsers(rows, { table, aggregate, users, rule }),
    addCount(interval, count) {
      aggregate.add(table.stride - 1, count);
      if (table.stride > 1) aggregate.add(interval, count);
    },
  });
}

function sessionCounter(options: CounterOptions): Counter {
  const aggregate = createCountCells(options);
  const table = createCellTable({ ...options, addsUp: true, aggregate });
  const users = createSlotMarks(options.budget);
  const { plan, sessionsOf } = options;
  return createCounter({
    plan,
    table,
    count: (rows) => countSessions(rows, { table, aggregate, users, sessionsOf }),
  });
}

/** What rows have of a property, by interval; the range is made of them. */
function valueCounter(options: CounterOptions, inner: ParsedInner): Counter {
  const values = createRowValues(inner, options.budget);
  const aggregate = values.createCells();
  const table = createCellTable({ ...options, addsUp: addsUp(options.measure), aggregate });
  return createCounter({
    plan: options.plan,
    table,
    count(rows) {
      const { present, stride } = table;
      const addRow = values.adderOf(rows.batch, rows.runs);
      eachPlace(rows, (row, slot, interval) => {
        present[slot] = 1;
        addRow(aggregate, slot * stride + (stride === 1 ? 0 : interval), row);
      });
    },
  });
}

type PerUser = Extract<ParsedMeasure, { readonly kind: "perUser" }>;

function perUserCounter(options: CounterOptions, { inner, fold }: PerUser): Counter {
  const { plan, budget } = options;
  const aggregate = createFoldCells(fold, budget);
  const numbers = createUserNumbers(createRowValues(inner, budget), aggregate, budget);
  const onMove = numbers.move;
  const table = createCellTable({ ...options, addsUp: false, aggregate, onMove });
  return createCounter({
    plan,
    table,
    count: (rows) => numbers.add(rows, table),
    finish: numbers.finish,
  });
}
