import type { PlainTable } from "@shale/arrow";
import { arrowTableOf } from "@shale/arrow";
import { runWithPin } from "@shale/scan";
import type { SqlValue } from "@shale/sql";
import { runSql } from "@shale/sql";
import type { Table } from "apache-arrow";
import { cancellable } from "../../close-errors.ts";
import type { SqlOptions } from "../../store.ts";
import { holdWorkPin } from "../hold-work-pin.ts";
import type { ProjectParts } from "../project-parts.ts";
import { pinsOf } from "./take-pin.ts";

/** Runs a statement over the events of one pin. What it reads is held until it ends. */
export async function runStatement(
  parts: ProjectParts,
  statement: string,
  { values, spec, snapshot, signal, memoryBytesMax = parts.memoryBytesMax }: SqlOptions = {},
): Promise<PlainTable> {
  const { env, cache, hasher, root, threads } = parts;
  return await cancellable("run a statement", signal, async () => {
    const held = await holdWorkPin(parts, { what: "sql", signal });
    try {
      return await runWithPin(pinsOf(parts, { spec, snapshot, signal }), (pin) =>
        runSql(env, {
          ...{ pin, cache, hasher, root, statement, values },
          ...{ threads, memoryBytesMax, signal },
        }),
      );
    } finally {
      await held.release();
    }
  });
}

/** The statement of a template: `$1` stands where the first value was, and so on. */
export async function runTemplate(
  parts: ProjectParts,
  texts: TemplateStringsArray,
  values: readonly SqlValue[],
): Promise<Table> {
  const statement = texts.map((text, index) => (index === 0 ? text : `$${index}${text}`)).join("");
  return arrowTableOf(await runStatement(parts, statement, { values }));
}
