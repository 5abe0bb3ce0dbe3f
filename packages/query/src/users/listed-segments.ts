import type { Answer, Segment } from "@shale/model";
import type { ParsedUsers } from "../parse/users/parsed-users.ts";

/** An answer of any kind without its meta. */
export type AnswerBody = BodyOf<Answer>;
type BodyOf<A> = A extends Answer ? Omit<A, "meta"> : never;

/** Whether the users behind the rest are asked for, which takes the answer to know what that is. */
export function asksForOthers({ who }: ParsedUsers): boolean {
  switch (who.kind) {
    case "flow":
      return (who.cell.kind === "path" ? who.cell.path : who.cell.node) === "others";
    case "segmentation":
    case "funnel":
    case "retention":
      return who.cell.segment === "others";
    default:
      return false;
  }
}

/** The segments, or the nodes or paths of a flow, that the answer lists by name, as JSON. */
export function listedIn({ who }: ParsedUsers, body: AnswerBody): string[] {
  if (body.kind === "flow" && who.kind === "flow") {
    if (body.mode === "paths") return body.paths.map(({ labels }) => JSON.stringify(labels));
    if (who.cell.kind === "path") return [];
    const { anchor, offset } = who.cell;
    const step = body.steps.find((one) => (one.anchor ?? 0) === anchor && one.offset === offset);
    return (step?.nodes ?? []).flatMap(({ label }) => (label === null ? [] : [label]));
  }
  if (body.kind === "segmentation" && who.kind === "segmentation") {
    return namesOf(body.series[who.cell.series]?.segments);
  }
  if (body.kind === "funnel" || body.kind === "retention") return namesOf(body.segments);
  return [];
}

function namesOf(segments: readonly Segment[] = []): string[] {
  return segments.flatMap(({ by, other }) => (other === true ? [] : [JSON.stringify(by)]));
}
