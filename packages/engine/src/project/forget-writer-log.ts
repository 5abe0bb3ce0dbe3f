import { forgetLog } from "@shale/ingest";
import { ShaleError, writerOrdinal } from "@shale/model";
import type { ProjectParts } from "./project-parts.ts";

export async function forgetWriterLog(
  { env, project }: ProjectParts,
  ordinal: number,
): Promise<{ writer: number; lastSeq: number }> {
  if (!Number.isSafeInteger(ordinal) || ordinal < 1) {
    throw new ShaleError("WRITER_UNKNOWN", `Cannot forget writer ${ordinal}: ordinals start at 1`);
  }
  const { host, pid } = env.processes.self;
  const { writer, lastSeq } = await forgetLog(env, project, writerOrdinal(ordinal), {
    by: `process ${pid} on ${host}`,
  });
  return { writer, lastSeq };
}
