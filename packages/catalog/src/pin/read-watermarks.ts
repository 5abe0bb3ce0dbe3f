import type { CallOptions, Env } from "@shale/env";
import type { ProjectId, SpecName } from "@shale/model";
import { ShaleError } from "@shale/model";
import { manifestsPrefix } from "../object-keys.ts";
import type { Positions } from "./plan-pin.ts";

export interface WatermarkReading extends CallOptions {
  readonly project: ProjectId;
  readonly spec: SpecName;
  /** Where a group stands that never had a manifest. */
  readonly first: Positions;
}

/**
 * The watermarks of every group of the spec. This version of the store drains nothing, so there is
 * no manifest; one that is there was written by a later version.
 *
 * @throws {ShaleError} FORMAT_UNKNOWN, STORE_UNAVAILABLE
 */
export async function readWatermarks(
  env: Env,
  { project, spec, first, signal }: WatermarkReading,
): Promise<Positions> {
  const { entries } = await env.store.list(manifestsPrefix(project, spec), { limit: 1, signal });
  const [manifest] = entries;
  if (manifest === undefined) return first;
  throw new ShaleError(
    "FORMAT_UNKNOWN",
    `Cannot read ${manifest.key}: this version of the store knows no manifests`,
    { details: { key: manifest.key } },
  );
}
