import type { Project } from "@shale/engine";
import { ShaleError } from "@shale/model";
import type { Command } from "commander";
import { parseSpecName } from "../../arguments/parse-throttle.ts";

/** Which operation a command means; without any: the one under way. */
export interface OperationArguments {
  readonly operationId?: string | undefined;
  readonly newShardingSpec?: string | undefined;
}

export function addOperationOption(command: Command): Command {
  return command.option("--operation-id <id>", "only if this operation is under way");
}

export function addSpecOption(command: Command): Command {
  return addOperationOption(command).option(
    "--new-sharding-spec <name>",
    "only if this spec is the one being built",
    parseSpecName,
  );
}

/**
 * The id of the operation that is meant. An operation builds one spec for ever, so whoever goes on
 * with its id cannot meet another spec.
 *
 * @throws {ShaleError} RESHARD_STATE where another spec is being built
 */
export async function operationIdOf(
  { reshard }: Project,
  { operationId, newShardingSpec }: OperationArguments,
): Promise<string | undefined> {
  if (newShardingSpec === undefined) return operationId;
  const steps = await reshard.log();
  const last = steps.at(-1);
  // Without an operation the command itself says what comes next.
  if (last === undefined || last.to === "steady") return operationId;
  const begin = steps.find(
    ({ operation, verb }) => operation === last.operation && verb === "begin",
  );
  const spec = begin?.facts["spec"];
  if (spec === newShardingSpec) return operationId ?? last.operation;
  throw new ShaleError(
    "RESHARD_STATE",
    `Cannot go on with spec ${newShardingSpec}: operation "${last.operation}" builds spec ${spec}`,
    { details: { spec: spec ?? null, operationId: last.operation, state: last.to } },
  );
}
