import { DAY_MS } from "@shale/model";

/** How large the little world is in which arbitrary events and queries meet. */
export interface VocabularyOptions {
  /** Distinct users, default 4. The third is the empty id, the fourth is not ASCII. */
  readonly users?: number | undefined;
  /** Distinct event names, default 3. */
  readonly names?: number | undefined;
  /** Days on which events fall, default 3. */
  readonly days?: number | undefined;
  /** First UTC day, default 2025-10-24: summer time ends in Europe on the third. */
  readonly from?: string | undefined;
}

export interface Vocabulary {
  readonly userIds: readonly string[];
  readonly names: readonly string[];
  readonly startMs: number;
  readonly days: number;
}

const USER_IDS = ["u1", "u2", "", "ü\u{1F600}"];
const NAMES = ["view", "buy", "sign up"];

/** The first entries are the plainest: shrinking ends there. */
export function vocabularyOf(options: VocabularyOptions): Vocabulary {
  const { users = 4, names = 3, days = 3, from = "2025-10-24" } = options;
  return {
    userIds: Array.from({ length: users }, (_, index) => USER_IDS[index] ?? `u${index + 1}`),
    names: Array.from({ length: names }, (_, index) => NAMES[index] ?? `event ${index + 1}`),
    startMs: Date.parse(from),
    days,
  };
}

export function dayTextAt({ startMs }: Vocabulary, day: number): string {
  return new Date(startMs + day * DAY_MS).toISOString().slice(0, 10);
}

/** Values that differ only in type, case, sign, or in how UTF-16 and UTF-8 order them. */
export const texts = ["a", "A", "b", "", "1", "true", "null", "ab", "\uFFFD", "\u{1F600}"];
export const numbers = [1, 0, -0, -1, 10, 19.99, 20, 1e-9, 2 ** 53 - 1];

/** Properties of events, and what they hold; the last is never sent. */
export const propertyNames = ["plan", "price", "paid", "tags", "mixed", "__proto__", "absent"];
