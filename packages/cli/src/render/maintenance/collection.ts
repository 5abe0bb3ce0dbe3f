import type { CollectionReport } from "@shale/engine";
import { type Day, dayText, unreachable } from "@shale/model";
import { bytesText, countText, durationText, numberText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { tableText } from "../table.ts";
import { wrapText } from "../text.ts";

type Action = NonNullable<CollectionReport["actions"]>[number];
type KeptReason = CollectionReport["kept"][number]["why"];

/** What would be done with what, and why; `object` is null where it is about no object. */
export interface PlannedAction {
  readonly action: string;
  readonly object: string | null;
  readonly why: string;
}

/** `--json`: days as text, and one flat line for each action of a dry run. */
export function collectionDocumentOf({ actions, firstDay, ...report }: CollectionReport) {
  return {
    ...report,
    firstDay: firstDay === null ? null : dayText(firstDay),
    ...(actions === undefined ? {} : { actions: actions.map(plannedOf) }),
  };
}

function plannedOf(action: Action): PlannedAction {
  const { kind } = action;
  switch (kind) {
    case "raise-first-day":
      return planned(kind, null, `days before ${dayText(action.day)} are no longer kept`);
    case "drop-claim": {
      const who = `process ${action.owner.pid} on ${action.owner.host}`;
      return planned(kind, action.claim, `${who} has left it`);
    }
    case "retire-writers":
      return planned(kind, action.writers.join(", "), "all they wrote is in day files");
    case "condemn":
    case "delete":
      return planned(kind, action.object.key, garbageTexts[action.why]);
    case "drop-record":
      return planned(kind, action.entry.key, "all that it names has gone");
    case "drop-heartbeat":
      return planned(kind, action.entry.key, "its writer is retired");
    case "drop-pin":
      return planned(kind, action.pin.nonce, "its work has ended or died");
    case "retire-tombstones":
      return planned(kind, action.numbers.join(", "), "nothing of these users is left");
    default:
      return unreachable(action);
  }
}

function planned(action: string, object: string | null, why: string): PlannedAction {
  return { action, object, why };
}

const garbageTexts = {
  unlisted: "no manifest lists it",
  drained: "its rows are in day files",
  retired: "its writer is retired",
  closed: "its spec was given up",
} as const;

const keptTexts: Readonly<Record<KeptReason, string>> = {
  grace: "wait for the end of their grace",
  "work-pin": "may be read by long work",
  claim: "belong to jobs that may commit yet",
  head: "are the last of their writers",
  "cut-pending": "wait for a reshard to take its cut",
  "no-manifest": "are of groups without a manifest",
  "reachable-again": "were condemned and are listed: run shale verify",
  changed: "have another content than the one that was condemned",
  unknown: "are nothing that Shale makes",
};

export function keptText(why: KeptReason): string {
  return keptTexts[why];
}

export function collectionText(report: CollectionReport, layout: Layout): string {
  const { actions } = report;
  const parts = [
    actions === undefined ? doneText(report, layout) : actionsText(actions, report, layout),
  ];
  if (report.kept.length > 0) parts.push(keptTable(report, layout));
  return parts.join("\n\n");
}

function doneText(report: CollectionReport, layout: Layout): string {
  const { deletedObjects, deletedBytes, condemned, graceMs, firstDay } = report;
  const lines = [
    `${countText(deletedObjects, "object")} (${bytesText(deletedBytes)}) deleted, ${numberText(condemned)} condemned with a grace of ${durationText(graceMs)}`,
  ];
  if (firstDay !== null) lines.push(`days before ${dayText(firstDay as Day)} are hidden`);
  if (report.droppedClaims > 0) {
    lines.push(`${countText(report.droppedClaims, "abandoned job")} ended`);
  }
  if (report.retiredWriters.length > 0) {
    lines.push(`${countText(report.retiredWriters.length, "writer")} retired`);
  }
  if (report.retiredTombstones.length > 0) {
    lines.push(`${countText(report.retiredTombstones.length, "delete")} finished for good`);
  }
  return lines.flatMap((line) => wrapText(line, layout.width)).join("\n");
}

function actionsText(
  actions: readonly Action[],
  { graceMs }: CollectionReport,
  layout: Layout,
): string {
  if (actions.length === 0) return "nothing to do";
  const table = tableText(
    [
      { title: "what", fixed: true },
      { title: "times", align: "right" },
      { title: "size", align: "right" },
      { title: "why" },
    ],
    sumsOf(actions).map(({ action, why, times, bytes }) => [
      action.replaceAll("-", " "),
      numberText(times),
      bytes === null ? "" : bytesText(bytes),
      why,
    ]),
    layout,
  );
  const grace = `nothing was changed; a condemned object goes after ${durationText(graceMs)}; --json lists each object`;
  return [table, "", ...wrapText(grace, layout.width)].join("\n");
}

interface ActionSum {
  readonly action: string;
  readonly why: string;
  times: number;
  bytes: number | null;
}

/** Actions of one kind for one reason together, in the order of their first. */
function sumsOf(actions: readonly Action[]): readonly ActionSum[] {
  const sums = new Map<string, ActionSum>();
  for (const one of actions) {
    const { action, why } = plannedOf(one);
    const bytes = "object" in one ? one.object.bytes : null;
    const times = timesOf(one);
    const sum = sums.get(`${action} ${why}`);
    if (sum === undefined) {
      sums.set(`${action} ${why}`, { action, why, times, bytes });
    } else {
      sum.times += times;
      sum.bytes = bytes === null ? null : (sum.bytes ?? 0) + bytes;
    }
  }
  return [...sums.values()];
}

function timesOf(action: Action): number {
  if (action.kind === "retire-writers") return action.writers.length;
  return action.kind === "retire-tombstones" ? action.numbers.length : 1;
}

function keptTable({ kept }: CollectionReport, layout: Layout): string {
  return tableText(
    [{ title: "kept", align: "right" }, { title: "why" }],
    kept.map(({ why, objects }) => [numberText(objects), keptTexts[why]]),
    layout,
  );
}
