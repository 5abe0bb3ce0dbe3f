import type { ObjectEntry } from "@shale/env";
import type { CatalogDocument, ManifestDocument } from "@shale/format";
import { outputId } from "@shale/format";
import { tailNumber, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fileOf, group, vectorAt } from "../../test/groups.ts";
import { firstManifest } from "../manifest/open-manifest.ts";
import { dayFileKey, tailKey } from "../object-keys.ts";
import type { StandingRecord } from "./condemned.ts";
import { planCollection } from "./plan-collection.ts";
import type { FoundWorkPin } from "./work-pins.ts";
import { WORK_PIN_STALE_MS } from "./work-pins.ts";

const { project, spec } = group;
const writer = writerOrdinal(1);
const MINUTE_MS = 60_000;

/** What a reader or long work holds: the keys that were reachable when it pinned. */
interface Holder {
  readonly openedMs: number;
  readonly keys: ReadonlySet<string>;
}
interface OpenWork extends Holder {
  readonly pin: FoundWorkPin;
}

/**
 * One group and one writer, as plain state: manifests, objects, records, and everyone who ever
 * pinned. Every step takes its time by the store's clock.
 */
class World {
  nowMs = 10 * WORK_PIN_STALE_MS;
  readonly graceMs: number;
  manifest: ManifestDocument = firstManifest(group, vectorAt({}));
  readonly objects = new Map<string, ObjectEntry>();
  records: StandingRecord[] = [];
  readers: Holder[] = [];
  works: OpenWork[] = [];
  head = 0;
  isRetired = false;
  private count = 0;

  constructor(graceMs: number) {
    this.graceMs = graceMs;
  }

  private fresh(): string {
    this.count++;
    return this.count.toString(16).padStart(32, "0");
  }
  private put(key: string): void {
    const version = this.fresh();
    this.objects.set(key, { key, size: 1, version, modifiedMs: this.nowMs });
  }
  private edit(change: Partial<ManifestDocument>): void {
    this.manifest = { ...this.manifest, ...change };
  }

  flush(): void {
    if (this.isRetired) return;
    this.head++;
    this.put(tailKey(project, writer, tailNumber(this.head)));
  }
  /** A job claims, and writes its output; a drain if `inputs` is 0. */
  claim(inputCount: number): void {
    const taken = new Set(this.manifest.claims.flatMap(({ inputs }) => inputs));
    const inputs = this.manifest.added.filter(({ id }) => !taken.has(id)).slice(0, inputCount);
    const kind = inputs.length === 0 ? "drain" : "merge";
    if (kind === "drain" && this.manifest.claims.some((claim) => claim.kind === "drain")) return;
    const id = this.fresh();
    const owner = { host: "h", pid: 1, started: "" };
    const claim = { id, kind, owner, startedMs: 1, inputs: inputs.map((one) => one.id) } as const;
    this.edit({ claims: [...this.manifest.claims, claim] });
    this.put(dayFileKey(project, spec, fileOf(id, 0)));
  }
  commit(): void {
    const [claim, ...claims] = this.manifest.claims;
    if (claim === undefined) return;
    const kept = this.manifest.added.filter(({ id }) => !claim.inputs.includes(id));
    const added = [...kept, fileOf(claim.id, 0)];
    const isDrain = claim.kind === "drain" && !this.isRetired;
    const watermarks = isDrain ? vectorAt({ 1: this.head }) : this.manifest.watermarks;
    this.edit({ claims, added, watermarks });
  }
  /** Somebody takes over; the job writes one more output all the same. */
  drop(): void {
    const [claim, ...claims] = this.manifest.claims;
    if (claim === undefined) return;
    this.edit({ claims });
    this.put(dayFileKey(project, spec, fileOf(claim.id, 1)));
  }
  retire(): void {
    if ((this.manifest.watermarks.positions["1"]?.n ?? 0) < this.head || this.head === 0) return;
    this.isRetired = true;
  }
  /** By rule, not by the planner: files that are listed, and the tail above the watermark. */
  reachable(): ReadonlySet<string> {
    const files = this.manifest.added.map((file) => dayFileKey(project, spec, file));
    const drained = this.manifest.watermarks.positions["1"]?.n ?? 0;
    const tail = [];
    for (let n = drained + 1; !this.isRetired && n <= this.head; n++) {
      tail.push(tailKey(project, writer, tailNumber(n)));
    }
    return new Set([...files, ...tail]);
  }
  read(): void {
    this.readers.push({ openedMs: this.nowMs, keys: this.reachable() });
  }
  work(): void {
    const nonce = this.fresh();
    const entry = { key: nonce, size: 1, version: nonce, modifiedMs: this.nowMs };
    const pin = { nonce, pin: entry, beat: entry, document: undefined };
    this.works.push({ openedMs: this.nowMs, keys: this.reachable(), pin });
  }
  renew(): void {
    this.works = this.works.map((one) => {
      const { pin } = one;
      return { ...one, pin: { ...pin, beat: { ...pin.pin!, modifiedMs: this.nowMs } } };
    });
  }
  close(): void {
    this.works = this.works.slice(1);
  }

  /** Plans and executes as `runCollection` does. Returns what it had no right to do. */
  collect(): string[] {
    const findings: string[] = [];
    const { actions } = planCollection({
      listed: [...this.objects.values()],
      groups: [{ manifest: this.manifest, files: this.manifest.added }],
      catalog: this.catalog(),
      pins: this.works.map(({ pin }) => pin),
      records: this.records,
      storeNowMs: this.nowMs,
      graceMs: this.graceMs,
    });
    const reachable = this.reachable();
    for (const action of actions) {
      if (action.kind === "drop-pin") {
        const { nonce, beat } = action.pin;
        if (this.nowMs - beat!.modifiedMs < WORK_PIN_STALE_MS) findings.push(`live pin ${nonce}`);
        this.works = this.works.filter(({ pin }) => pin.nonce !== nonce);
      }
      if (action.kind === "drop-record") {
        this.records = this.records.filter(({ entry }) => entry !== action.entry);
      }
      if (action.kind !== "delete" && action.kind !== "condemn") continue;
      const { key } = action.object;
      if (reachable.has(key)) findings.push(`${action.kind} of ${key}, which is reachable`);
      if (action.kind === "condemn") continue;
      this.objects.delete(key);
      const holders = [
        ...this.readers.filter(({ openedMs }) => openedMs > this.nowMs - this.graceMs),
        ...this.works,
      ];
      if (holders.some(({ keys }) => keys.has(key))) findings.push(`${key} is held, and went`);
      const head = tailKey(project, writer, tailNumber(Math.max(1, this.head)));
      if (key === head && !this.isRetired) {
        findings.push("the head went");
      }
    }
    const condemned = actions.flatMap((one) => (one.kind === "condemn" ? [one.object] : []));
    if (condemned.length > 0) {
      const nonce = this.fresh();
      const entry = { key: nonce, size: 1, version: nonce, modifiedMs: this.nowMs };
      const pins = this.works.map(({ pin }) => pin.nonce);
      this.records.push({ entry, record: { objects: condemned, pins, atMs: 0 } });
    }
    return findings;
  }
  private catalog(): CatalogDocument {
    return {
      project,
      specs: [{ spec, shards: 4 }],
      fed: [spec],
      behind: [],
      cuts: [],
      cutPending: null,
      writers: this.isRetired ? [] : [{ ordinal: writer }],
      retired: this.isRetired ? [{ from: writer, to: writer }] : [],
    } as unknown as CatalogDocument;
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: "collect" } as const) },
  fc.constantFrom(
    ...(["flush", "commit", "drop", "retire", "read", "work", "renew", "close"] as const).map(
      (name) => ({ do: name }),
    ),
  ),
  fc.nat({ max: 3 }).map((inputs) => ({ do: "claim", inputs }) as const),
  fc.integer({ min: 0, max: 40 }).map((minutes) => ({ do: "wait", minutes }) as const),
);

test("nothing goes that an answer, a reader within the grace, or long work can reach", () => {
  let deletions = 0;
  const history = fc.array(step, { minLength: 10, maxLength: 80, size: "max" });
  const property = fc.property(history, fc.constantFrom(0, 30, 60), (steps, graceMinutes) => {
    const world = new World(graceMinutes * MINUTE_MS);
    for (const one of steps) {
      const before = world.objects.size;
      if (one.do === "collect") {
        expect(world.collect()).toEqual([]);
        deletions += before - world.objects.size;
      } else if (one.do === "claim") world.claim(one.inputs);
      else if (one.do === "wait") world.nowMs += one.minutes * MINUTE_MS;
      else world[one.do]();
      for (const key of world.reachable()) expect(world.objects.has(key), key).toBe(true);
    }
    // What is left after a quiet time is exactly what is reachable, claimed, or a head.
    world.works = [];
    world.nowMs += 2 * 60 * MINUTE_MS;
    world.collect();
    world.nowMs += 2 * 60 * MINUTE_MS;
    world.collect();
    const claimed = world.manifest.claims.map(({ id }) => id);
    const left = [...world.objects.keys()].filter(
      (key) => !world.reachable().has(key) && !claimed.some((id) => key.includes(id)),
    );
    expect(left.length).toBeLessThanOrEqual(world.isRetired ? 0 : 1);
    world.collect();
    expect(world.records).toEqual([]);
  });
  fc.assert(property, { numRuns: 300 });
  expect(deletions).toBeGreaterThan(150);
});

test("another content under a condemned key is not the condemned one", () => {
  const world = new World(0);
  world.claim(0);
  world.drop();
  world.collect();
  const key = dayFileKey(project, spec, {
    ...fileOf("0", 0),
    id: outputId((1).toString(16).padStart(32, "0"), 0),
  });
  const entry = world.objects.get(key)!;
  world.objects.set(key, { ...entry, version: "another" });
  world.collect();
  expect(world.objects.has(key)).toBe(true);
});
