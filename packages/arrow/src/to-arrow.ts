import type { Answer } from "@shale/model";
import type { Table } from "apache-arrow";
import { answerTable } from "./answers/answer-table.ts";
import { arrowTableOf } from "./arrow-table.ts";

/**
 * An answer as an Arrow table: numbers are Float64, texts and intervals Utf8, times of events
 * Timestamp (ms, UTC); every column may hold nulls. What a row is: docs/arrow.md.
 */
export function toArrow(answer: Answer): Table {
  return arrowTableOf(answerTable(answer));
}
