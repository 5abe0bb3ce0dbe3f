import type { ParsedFunnel } from "../../parse/funnel/parsed-funnel.ts";
import type { MatchedEvents } from "../walk/optional-steps.ts";

type Attribution = Exclude<ParsedFunnel["attribution"], "allSteps">;

/** The event of an attempt that names a value, by which of them have one; -1: none does. */
export function attributedEvent(
  attribution: Attribution,
  matched: MatchedEvents,
  isDefined: (event: number) => boolean,
): number {
  const [first, end] =
    typeof attribution === "object"
      ? [attribution.step - 1, attribution.step]
      : [0, matched.length];
  for (let i = first; i < end; i++) {
    const event = matched[attribution === "lastDefined" ? end - 1 - i : i] ?? -1;
    if (event >= 0 && isDefined(event)) return event;
  }
  return -1;
}
