import { ShaleError } from "@shale/model";

export type Duckdb = typeof import("@duckdb/node-api");

/** The optional package that runs SQL. @throws {ShaleError} PACKAGE_MISSING */
export async function loadDuckdb(): Promise<Duckdb> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    throw new ShaleError(
      "PACKAGE_MISSING",
      "Cannot run SQL without DuckDB: npm install @duckdb/node-api",
      { cause: error, details: { package: "@duckdb/node-api" } },
    );
  }
}
