export { parseQuery } from "./parse/parse-query.ts";
export type {
  FilterValue,
  ParsedBy,
  ParsedFilter,
  ParsedPropertyFilter,
  ParsedQuery,
  ParsedSegmentation,
  ParsedSelect,
  ParsedSeries,
  ParsedTimeline,
} from "./parse/parsed-query.ts";
