export { answerTable } from "./answers/answer-table.ts";
export { arrowStreamBytes } from "./arrow-stream.ts";
export { arrowTableOf } from "./arrow-table.ts";
export { createEventStreamEncoder } from "./event-stream-encoder.ts";
export type { PlainCell, PlainColumn, PlainTable, PlainType } from "./plain-table.ts";
export { toArrow } from "./to-arrow.ts";
