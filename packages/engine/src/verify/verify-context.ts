import type { UserHasher } from "@shale/columns";
import type { Env, ObjectEntry } from "@shale/env";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { ProgressMeter } from "../progress-meter.ts";
import type {
  VerificationCode,
  VerificationFinding,
  VerificationNote,
  VerificationNoteCode,
} from "./verification.ts";

/** What all checks of one verification share. */
export interface VerifyContext {
  /** With a store that repeats what was not answered. */
  readonly env: Env;
  readonly project: ProjectId;
  readonly hasher: UserHasher;
  readonly full: boolean;
  readonly signal: AbortSignal | undefined;
  readonly report: ReportBuilder;
  /** Bytes that were checked. */
  readonly progress: { add(bytes: number): void };
}

/** What reading and decoding takes of it. */
export type ReadContext = Omit<VerifyContext, "hasher" | "full">;

/** Gathers what is found. */
export interface ReportBuilder {
  readonly findings: readonly VerificationFinding[];
  readonly notes: readonly VerificationNote[];
  find(code: VerificationCode, object: string, message: string): void;
  note(code: VerificationNoteCode, object: string, message: string): void;
  /** A failure to decode as a finding. What is no damage is thrown again. */
  findDamage(object: string, error: unknown): void;
}

export function createReportBuilder(): ReportBuilder {
  const findings: VerificationFinding[] = [];
  const notes: VerificationNote[] = [];
  const builder: ReportBuilder = {
    findings,
    notes,
    find: (code, object, message) => {
      // What was looked at twice is found once.
      const isKnown = findings.some((one) => one.object === object && one.code === code);
      if (!isKnown) findings.push({ code, object, message });
    },
    note: (code, object, message) => {
      notes.push({ code, object, message });
    },
    findDamage(object, error) {
      if (!(error instanceof ShaleError) || error.kind !== "corrupt") throw error;
      const code = error.code === "FORMAT_UNKNOWN" ? "FORMAT_UNKNOWN" : "OBJECT_CORRUPT";
      builder.find(code, object, error.message);
    },
  };
  return builder;
}

export function createProgress(meter: ProgressMeter): VerifyContext["progress"] {
  let done = 0;
  return {
    add(bytes) {
      done += bytes;
      meter.update(done);
    },
  };
}

/** The whole object; undefined when it has gone. */
export async function readWhole(
  { env, progress, signal }: ReadContext,
  key: string,
): Promise<Uint8Array | undefined> {
  const stored = await env.store.get(key, { signal });
  progress.add(stored?.size ?? 0);
  return stored?.bytes;
}

/** What `decode` makes of the bytes; undefined where they are damaged, which is found. */
export function decoded<T>({ report }: ReadContext, key: string, decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    report.findDamage(key, error);
    return undefined;
  }
}

/** `3 objects (4,096 bytes)`. */
export function amountText(entries: readonly ObjectEntry[], what: string): string {
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  return `${entries.length} ${what}${entries.length === 1 ? "" : "s"} (${bytes} bytes)`;
}
