import type { Answer } from "@shale/model";
import { unreachable } from "@shale/model";
import { eventsText } from "../events.ts";
import type { Layout } from "../table.ts";
import { flowText } from "./flow.ts";
import { funnelText } from "./funnel.ts";
import { lifecycleText } from "./lifecycle.ts";
import { retentionText } from "./retention.ts";
import { segmentationText } from "./segmentation.ts";
import { stickinessText } from "./stickiness.ts";
import { usersText } from "./users.ts";
import { joinedParts, paragraph } from "./wording.ts";

/** An answer for people, under its heading: no line is wider than the layout, but a cursor. */
export function answerText(answer: Answer, heading: string | undefined, layout: Layout): string {
  const title =
    heading === undefined ? undefined : paragraph(heading, layout, layout.palette.strong);
  return joinedParts([title, bodyOf(answer, layout)]);
}

function bodyOf(answer: Answer, layout: Layout): string {
  switch (answer.kind) {
    case "segmentation":
      return segmentationText(answer, layout);
    case "funnel":
      return funnelText(answer, layout);
    case "retention":
      return retentionText(answer, layout);
    case "flow":
      return flowText(answer, layout);
    case "lifecycle":
      return lifecycleText(answer, layout);
    case "stickiness":
      return stickinessText(answer, layout);
    case "users":
      return usersText(answer, layout);
    case "timeline": {
      if (answer.events.length === 0) return "no events";
      const events = eventsText(answer.events, { users: "hidden" }, layout);
      if (answer.cursor === null) return events;
      return `${events}\n\n${cursorText("more with --cursor", answer.cursor, layout)}`;
    }
    default:
      return unreachable(answer);
  }
}

/** A cursor is copied: it is never cut or broken, and stands alone where it does not fit. */
function cursorText(text: string, cursor: string, { width }: Layout): string {
  const line = `${text} ${cursor}`;
  return line.length <= width ? line : `${text}\n${cursor}`;
}
