export type { SqlOptions, SqlValue } from "./run-sql.ts";
export { runSql } from "./run-sql.ts";
