import type { UsersAnswer } from "@shale/model";
import { countText, numberText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { joinedParts, paragraph } from "./wording.ts";

/** One id a line, then how many there are. An id is broken rather than cut: it is copied. */
export function usersText(answer: UsersAnswer, layout: Layout): string {
  const { users, total, cursor } = answer;
  if (total === 0) return "no users";
  const ids = users.map(({ user_id: id }) => paragraph(id, layout));
  const whole = countText(total, "user");
  const shown = users.length === total ? whole : `${numberText(users.length)} of ${whole}`;
  const more =
    cursor === null ? undefined : `${paragraph("more with this cursor:", layout)}\n${cursor}`;
  return joinedParts([ids.join("\n"), paragraph(shown, layout), more]);
}
