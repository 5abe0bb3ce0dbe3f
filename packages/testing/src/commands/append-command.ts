import type { Acknowledgement, Durability, EventInput } from "@shale/model";
import type { CommandRun, Outcome } from "../world/running-process.ts";
import { callOf, goOnBehind, processAt, tolerate } from "../world/running-process.ts";
import type { SentAppend } from "../world/store-model.ts";
import { MARK_USER } from "../world/store-model.ts";
import type { RunningProcess } from "../world/store-system.ts";
import type { ProcessCommand } from "./store-command.ts";
import { processCommand } from "./store-command.ts";

export interface AppendDraft {
  readonly seat: number;
  readonly events: readonly EventInput[];
  readonly durability: Durability;
  /** Sends the events of an earlier append again, before these. */
  readonly repeats: number | undefined;
}

/** An append of a few events and a mark. */
export function appendCommand(draft: AppendDraft): ProcessCommand {
  const { seat, events, durability, repeats } = draft;
  const again = repeats === undefined ? "" : `, again those of append ${repeats}`;
  const text = `append ${JSON.stringify(events)} ${durability}${again}`;
  return processCommand(seat, text, async (run) => {
    const running = await processAt(run, seat);
    if (running === undefined) return;
    const sent = sentBy(run, running, draft);
    const call = (): Promise<Acknowledgement> =>
      running.project.append(sent.events, { durability });
    run.model.inFlight++;
    const outcome = await callOf(running.env, call);
    if (outcome.kind === "stopped") {
      goOnBehind(
        run.system,
        outcome.later.then((late) => endAppend(run, { running, sent, durability }, late)),
      );
    } else endAppend(run, { running, sent, durability }, outcome);
    // Rows of two writers are ordered by their clocks (protocol, seq of a row).
    await run.system.world.faults.clock.sleep(1);
  });
}

function sentBy({ model }: CommandRun, running: RunningProcess, draft: AppendDraft): SentAppend {
  const name = `a${model.appends.size}`;
  const earlier = [...model.appends.values()];
  const repeated =
    draft.repeats === undefined ? undefined : earlier[draft.repeats % earlier.length];
  const markMs = running.env.clock.nowMs();
  const mark = { event: "append", user_id: MARK_USER, time: markMs, properties: { append: name } };
  const sent: SentAppend = {
    name,
    events: [...(repeated?.events.slice(0, -1) ?? []), ...draft.events, mark],
    markMs,
    process: running.number,
    machine: running.machine,
    isPromised: false,
    isHere: false,
    isShared: false,
  };
  model.appends.set(name, sent);
  model.log.push({ append: sent });
  return sent;
}

function endAppend(
  run: CommandRun,
  call: {
    readonly running: RunningProcess;
    readonly sent: SentAppend;
    readonly durability: Durability;
  },
  outcome: Outcome<Acknowledgement>,
): void {
  const { running, sent, durability } = call;
  run.model.inFlight--;
  tolerate(run, running, outcome);
  if (outcome.kind !== "done") return;
  const { accepted, rejected } = outcome.value;
  if (accepted !== sent.events.length) {
    throw new Error(`Append ${sent.name} was refused: ${JSON.stringify(rejected)}`);
  }
  sent.isPromised = true;
  sent.isHere = !running.env.isEnded;
  if (durability === "committed") sent.isShared = true;
}
