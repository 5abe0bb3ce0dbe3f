import type { Table } from "apache-arrow";
import { loadArrow } from "./load-arrow.ts";

/** The table as one Arrow IPC stream. */
export function arrowStreamBytes(table: Table): Uint8Array {
  return loadArrow().tableToIPC(table, "stream");
}
