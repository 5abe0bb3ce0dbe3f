import type { ReshardStatus } from "@shale/engine";
import { bytesText, countText, numberText, shareText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { tableText } from "../table.ts";
import { wrapText } from "../text.ts";
import { factList } from "./fact-list.ts";
import { lagText, throttleText } from "./facts.ts";
import { nextLines } from "./next-command.ts";

export function reshardStatusText(status: ReshardStatus, layout: Layout): string {
  const { palette, width } = layout;
  const { state, live, operationId, generation, strategy, rollbackUntil } = status;
  const head =
    operationId === null
      ? `${state}: spec ${live} answers, generation ${generation}; no reshard is under way`
      : `${state}: operation ${operationId}, strategy ${strategy}, generation ${generation}`;
  const parts = [wrapText(head, width).map(palette.strong).join("\n")];
  if (operationId !== null) {
    parts.push(specsTable(status, layout), factList(factsOf(status), layout).join("\n"));
  }
  const facts = {
    ...{ state, spec: status.to?.spec, isCopied: isCopied(status), isPaused: status.paused },
    ...{ hasToken: status.validation.valid, rollbackUntil },
  };
  const next = nextLines(facts, layout);
  return [...parts, ...(next.length > 0 ? [next.join("\n")] : [])].join("\n\n");
}

function isCopied({ progress, behind, to }: ReshardStatus): boolean {
  const isBehind = behind !== null && behind.spec === to?.spec;
  return progress !== null && progress.jobsDone === progress.jobsTotal && !isBehind;
}

function specsTable({ from, to, live }: ReshardStatus, layout: Layout): string {
  return tableText(
    [{ title: "spec" }, { title: "shards", align: "right" }, { title: "role" }],
    [from, to].flatMap((spec) =>
      spec === null
        ? []
        : [
            [
              spec.spec,
              numberText(spec.shards),
              spec.spec === live ? "answers" : "does not answer",
            ],
          ],
    ),
    layout,
  );
}

function factsOf(status: ReshardStatus): readonly (readonly [string, string | undefined])[] {
  const { progress, lag, behind, validation, throttle, paused, lastError, rollbackUntil } = status;
  const isCopying = status.state !== "finalized" && status.state !== "aborting";
  return [
    ["copied", progress === null ? undefined : copiedText(progress)],
    ["lag", lag === null ? undefined : lagText(lag.tailObjects)],
    ["behind", behind === null ? undefined : behindText(behind)],
    [
      "validation",
      validation.valid ? `valid, token ${validation.token}` : (validation.reason ?? ""),
    ],
    ["throttle", throttle === null || !isCopying ? undefined : throttleText(throttle)],
    ["paused", paused ? "yes: nobody copies" : undefined],
    ["last error", lastError === null ? undefined : errorText(lastError)],
    ["rollback until", rollbackUntil ?? undefined],
  ];
}

function copiedText(progress: NonNullable<ReshardStatus["progress"]>): string {
  const { jobsDone, jobsTotal, rowsDone, rowsTotal, bytesDone, bytesTotal } = progress;
  const rows = `${numberText(rowsDone)} of ${countText(rowsTotal, "row")}`;
  const bytes = `${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`;
  const jobs = `${numberText(jobsDone)} of ${countText(jobsTotal, "job")}`;
  return `${shareText(rowsDone, rowsTotal)}: ${rows}, ${bytes}, ${jobs}`;
}

function behindText({ spec, since, target }: NonNullable<ReshardStatus["behind"]>): string {
  const how = target === null ? "does not catch up yet" : "catches up";
  return `spec ${spec}, which ${how}, since ${since}`;
}

function errorText({ code, message, at }: NonNullable<ReshardStatus["lastError"]>): string {
  return `${at} ${code}: ${message}`;
}

/** For `--watch` without a terminal: what changes, on one line. */
export function reshardStatusLine(status: ReshardStatus): string {
  const { state, live, progress, lag, behind, validation, paused, lastError } = status;
  return [
    `${state}, spec ${live} answers`,
    progress === null ? "" : copiedText(progress),
    lag === null ? "" : lagText(lag.tailObjects),
    paused ? "paused" : "",
    behind === null ? "" : `spec ${behind.spec} is behind`,
    validation.valid ? "validated" : "",
    lastError === null ? "" : `stopped by ${lastError.code}`,
  ]
    .filter((fact) => fact !== "")
    .join("; ");
}
