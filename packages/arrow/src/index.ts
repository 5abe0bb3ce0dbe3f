export { arrowTableOf } from "./arrow-table.ts";
export type { PlainCell, PlainColumn, PlainTable, PlainType } from "./plain-table.ts";
