import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import type { PlainTable } from "@shale/arrow";
import type { Env } from "@shale/env";
import { ShaleError } from "@shale/model";
import { pinBroken } from "@shale/scan";
import type { EventFilesOptions } from "./event-files.ts";
import { missingFile, openEventFiles } from "./event-files.ts";
import type { Duckdb } from "./load-duckdb.ts";
import { loadDuckdb } from "./load-duckdb.ts";
import type { EventFile } from "./plan-view.ts";
import { planColumns, textOf, viewOf } from "./plan-view.ts";
import { tableOf } from "./sql-table.ts";

/** A value that is bound to a place of a statement, never pasted into its text. */
export type SqlValue = string | number | bigint | boolean | Date | null;

export interface SqlOptions extends EventFilesOptions {
  /** One statement that reads; `$1`, `$2`, … stand for the values. */
  readonly statement: string;
  readonly values?: readonly SqlValue[] | undefined;
  readonly threads: number;
  readonly memoryBytesMax: number;
}

/**
 * Runs one statement over the table `events` of a pin: each visible event once, tail and memory
 * included, properties as typed columns. DuckDB may read the files of the pin and nothing else.
 *
 * @throws {ShaleError} PACKAGE_MISSING, SQL_INVALID, CANCELLED, MEMORY_EXCEEDED, OBJECT_CORRUPT;
 *   PIN_UNSTABLE when the pin has to be taken again
 */
export async function runSql(env: Env, options: SqlOptions): Promise<PlainTable> {
  const duckdb = await loadDuckdb();
  const { files, close } = await openEventFiles(env, options);
  try {
    const instance = await duckdb.DuckDBInstance.create(":memory:", {
      threads: String(options.threads),
      memory_limit: `${Math.max(64, Math.floor(options.memoryBytesMax / 2 ** 20))}MB`,
    });
    try {
      const connection = await guardedConnection(
        instance,
        files.map(({ path }) => path),
      );
      await prepareView(connection, files);
      return await runStatement(duckdb, connection, options);
    } finally {
      instance.closeSync();
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    // Whatever DuckDB makes of it, a file that has gone is met by a fresh pin (R5).
    const missing = isOfFiles(error) ? await missingFile(env, files) : undefined;
    if (missing !== undefined) throw pinBroken(missing);
    throw error;
  } finally {
    await close();
  }
}

/** Whether files may be the cause: DuckDB takes one that is not there for one it may not open. */
function isOfFiles(error: unknown): boolean {
  return error instanceof Error && /(IO|Permission|Invalid Input) Error/.test(error.message);
}

/** Reads the footers of the files, which is why a damaged one may be met here. */
async function prepareView(
  connection: DuckDBConnection,
  files: readonly EventFile[],
): Promise<void> {
  try {
    await connection.run(viewOf(files, planColumns(files)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ShaleError("OBJECT_CORRUPT", `Cannot read the day files by SQL: ${why}`, {
      cause: error,
    });
  }
}

/** Reads of the files work; every other file, COPY, ATTACH, INSTALL and SET are refused. */
async function guardedConnection(
  instance: DuckDBInstance,
  paths: readonly string[],
): Promise<DuckDBConnection> {
  const connection = await instance.connect();
  const settings = [
    "set TimeZone = 'UTC'",
    "set autoinstall_known_extensions = false",
    `set allowed_paths = [${paths.map(textOf).join(", ")}]`,
    "set enable_external_access = false",
    "set lock_configuration = true",
  ];
  for (const setting of settings) await connection.run(setting);
  return connection;
}

async function runStatement(
  duckdb: Duckdb,
  connection: DuckDBConnection,
  { statement, values = [], signal }: SqlOptions,
): Promise<PlainTable> {
  const stop = (): void => connection.interrupt();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    signal?.throwIfAborted();
    const extracted = await connection.extractStatements(statement);
    if (extracted.count !== 1) {
      throw sqlInvalid(`there is 1 statement to run, not ${extracted.count}`);
    }
    const prepared = await extracted.prepare(0);
    const { SELECT, EXPLAIN } = duckdb.StatementType;
    if (prepared.statementType !== SELECT && prepared.statementType !== EXPLAIN) {
      throw sqlInvalid("it is not a query: the store can only be read");
    }
    if (prepared.parameterCount !== values.length) {
      const wanted = prepared.parameterCount;
      throw sqlInvalid(`it has ${wanted} places for values, and ${values.length} were given`);
    }
    if (values.length > 0) prepared.bind(values.map((value) => boundOf(duckdb, value)));
    const reader = await prepared.runAndReadAll();
    return tableOf(duckdb, reader);
  } catch (error) {
    throw errorOf(error);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function boundOf({ DuckDBTimestampValue }: Duckdb, value: SqlValue): DuckDBValue {
  if (value instanceof Date) return new DuckDBTimestampValue(BigInt(value.getTime()) * 1_000n);
  return value;
}

function sqlInvalid(why: string, cause?: unknown): ShaleError {
  return new ShaleError("SQL_INVALID", `Cannot run the statement: ${why}`, { cause, path: "sql" });
}

/** DuckDB says everything by an Error whose message begins with a kind. */
function errorOf(error: unknown): unknown {
  if (error instanceof ShaleError || !(error instanceof Error)) return error;
  if (error.message.startsWith("Out of Memory Error")) {
    return new ShaleError("MEMORY_EXCEEDED", `Cannot run the statement: ${error.message}`, {
      cause: error,
    });
  }
  return sqlInvalid(error.message, error);
}
