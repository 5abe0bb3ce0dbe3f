import type { ObjectEntry } from "@shale/env";
import type { CondemnedObject } from "@shale/format";
import type {
  CollectAction,
  CollectionPlan,
  CollectionView,
  GarbageReason,
  KeptReason,
} from "./collection.ts";
import type { StandingRecord } from "./condemned.ts";
import type { Verdict } from "./judge-object.ts";
import { judgeOf } from "./judge-object.ts";
import type { FoundWorkPin } from "./work-pins.ts";
import { isWorkPinLive } from "./work-pins.ts";

/**
 * What may go now, what is condemned, and why the rest stays. Pure. An object goes only if this
 * view finds it unreachable, a record has condemned this very content `graceMs` ago, and no live
 * pin stood before the record or was seen by its maker (protocol R5).
 *
 * Stale pins come first: their owners must find them gone before what they pinned is.
 */
export function planCollection(view: CollectionView): CollectionPlan {
  const judge = judgeOf(view);
  const recordsByObject = indexOf(view.records);
  const actions: CollectAction[] = [];
  const kept = new Map<KeptReason, number>();
  const deleted = new Set<string>();
  function keep(why: KeptReason): void {
    kept.set(why, (kept.get(why) ?? 0) + 1);
  }
  for (const pin of view.pins) {
    if (!isWorkPinLive(pin, view.storeNowMs)) actions.push({ kind: "drop-pin", pin });
  }
  for (const entry of view.listed) {
    const records = recordsByObject.get(nameOf(condemnedObjectOf(entry))) ?? [];
    const verdict = judge(entry);
    if (verdict.is === "garbage") {
      const action = judgeGarbage(view, records, { entry, why: verdict.why });
      if (typeof action === "string") keep(action);
      else actions.push(action);
      if (typeof action !== "string" && action.kind === "delete") {
        deleted.add(nameOf(action.object));
      }
    } else keepWhole(verdict, entry, records, { actions, keep });
  }
  const standing = new Set(view.listed.map((entry) => nameOf(condemnedObjectOf(entry))));
  for (const { entry, record } of view.records) {
    const isDone = record.objects.every((object) => {
      const name = nameOf(object);
      return deleted.has(name) || !standing.has(name);
    });
    if (isDone) actions.push({ kind: "drop-record", entry });
  }
  return { actions, kept: [...kept].map(([why, objects]) => ({ why, objects })) };
}

function keepWhole(
  verdict: Exclude<Verdict, { is: "garbage" }>,
  entry: ObjectEntry,
  records: readonly StandingRecord[],
  { actions, keep }: { actions: CollectAction[]; keep: (why: KeptReason) => void },
): void {
  if (verdict.is === "stale-heartbeat") actions.push({ kind: "drop-heartbeat", entry });
  if (verdict.is === "kept") keep(verdict.why);
  if (verdict.is === "reachable" && records.length > 0) keep("reachable-again");
}

interface Garbage {
  readonly entry: ObjectEntry;
  readonly why: GarbageReason;
}

/** One record that lets it go is enough: each is a proof of its own. */
function judgeGarbage(
  view: CollectionView,
  records: readonly StandingRecord[],
  { entry, why }: Garbage,
): CollectAction | KeptReason {
  const object = condemnedObjectOf(entry);
  if (records.length === 0) return { kind: "condemn", object, why };
  const ripe = records.filter(
    (record) => view.storeNowMs - record.entry.modifiedMs >= view.graceMs,
  );
  if (ripe.length === 0) return "grace";
  const live = view.pins.filter((pin) => isWorkPinLive(pin, view.storeNowMs));
  const isFree = ripe.some((record) => !live.some((pin) => isPinned(record, pin)));
  return isFree ? { kind: "delete", object, why } : "work-pin";
}

/**
 * Whether the pin may have been opened before the objects of the record were unreachable. Its
 * nonce in the record says so whatever the store's clock did; the times say so of a pin that is
 * older.
 */
function isPinned({ entry, record }: StandingRecord, { nonce, pin, beat }: FoundWorkPin): boolean {
  const openedMs = (pin ?? beat)?.modifiedMs ?? Number.NEGATIVE_INFINITY;
  return record.pins.includes(nonce) || openedMs <= entry.modifiedMs;
}

/** The records that name each object, by key and token. */
function indexOf(
  records: readonly StandingRecord[],
): ReadonlyMap<string, readonly StandingRecord[]> {
  const index = new Map<string, StandingRecord[]>();
  for (const standing of records) {
    for (const object of standing.record.objects) {
      const name = nameOf(object);
      const known = index.get(name);
      if (known === undefined) index.set(name, [standing]);
      else known.push(standing);
    }
  }
  return index;
}

function condemnedObjectOf({ key, version, size }: ObjectEntry): CondemnedObject {
  return { key, token: version, bytes: size };
}

function nameOf({ key, token }: CondemnedObject): string {
  return `${key}#${token}`;
}
