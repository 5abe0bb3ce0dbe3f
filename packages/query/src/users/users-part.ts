import type { UsersAnswer } from "@shale/model";
import type { UserSet } from "../cohort/user-set.ts";
import { hasUser } from "../cohort/user-set.ts";
import { compareText } from "../filter/compare-text.ts";
import type { ParsedUsers } from "../parse/users/parsed-users.ts";
import { encodeUsersCursor, usersPositionOf } from "./users-cursor.ts";

/** Users of some shards. */
export interface UsersPart {
  readonly snapshot: string;
  readonly total: number;
  /** The first of them behind the cursor, in order: one more than a page, if there are as many. */
  readonly firsts: readonly string[];
}

export interface PageWanted {
  /** Only users behind it. */
  readonly after: string | undefined;
  readonly count: number;
}

/** How many users are in a set, and the first ones. */
export function firstUsersOf(set: UserSet, wanted: PageWanted): Omit<UsersPart, "snapshot"> {
  const page = createPage(wanted);
  let total = 0;
  for (const { users, bits, count } of set.shards()) {
    for (let code = 0; code < count; code++) {
      if (!hasUser(bits, code)) continue;
      total++;
      page.offer(users.textAt(code));
    }
  }
  return { total, firsts: page.firsts() };
}

export function answerUsers(
  parsed: ParsedUsers,
  asOfMs: number,
  parts: readonly UsersPart[],
): Omit<UsersAnswer, "meta"> {
  const after = usersPositionOf(parsed)?.userId;
  const page = createPage({ after, count: parsed.limit + 1 });
  let total = 0;
  for (const part of parts) {
    total += part.total;
    for (const user of part.firsts) page.offer(user);
  }
  const firsts = page.firsts();
  const users = firsts.slice(0, parsed.limit);
  const [last, snapshot] = [users.at(-1), parts[0]?.snapshot];
  const hasMore = firsts.length > users.length && last !== undefined && snapshot !== undefined;
  return {
    kind: "users",
    users: users.map((user_id) => ({ user_id })),
    total,
    cursor: hasMore ? encodeUsersCursor(parsed, { snapshot, asOfMs, userId: last }) : null,
  };
}

/** Keeps the first texts of those offered: sorts now and then, when there are twice as many. */
function createPage({ after, count }: PageWanted) {
  let kept: string[] = [];
  let bound: string | undefined;
  function cut(): void {
    kept = kept.sort(compareText).slice(0, count);
    if (kept.length === count) bound = kept.at(-1);
  }
  return {
    offer(text: string): void {
      if (after !== undefined && compareText(text, after) <= 0) return;
      if (bound !== undefined && compareText(text, bound) >= 0) return;
      if (kept.push(text) >= 2 * count + MARGIN) cut();
    },
    firsts(): readonly string[] {
      cut();
      return kept;
    },
  };
}

const MARGIN = 1024;
